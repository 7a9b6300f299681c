package wire

import "encoding/binary"

// headLen is the length of a frame without its body.
const headLen = 5

// Append appends the frames of m to b; a Hello comes with the Preamble before it.
// It keeps no part of m. After an error, which is a *TooLargeError or, for an Open
// without a Kind, a *FormatError, b is as it was.
func Append(b []byte, m Message) ([]byte, error) {
	before := len(b)
	if m.kind() == typeHello {
		b = append(b, Preamble...)
	}
	head := len(b)
	c := codec{b: append(b, m.kind(), 0, 0, 0, 0)}
	m.fields(&c)
	n := len(c.b) - head - headLen
	if n > MaxMessage {
		c.fail(&TooLargeError{Bytes: n})
	}
	if c.err != nil {
		return b[:before], c.err
	}
	if n <= MaxFrame {
		binary.BigEndian.PutUint32(c.b[head+1:], uint32(n))
		return c.b, nil
	}
	return appendCut(c.b[:head], m.kind(), c.b[head+headLen:]), nil
}

// appendCut appends the frames of a body that is too long for one. The body may
// stand behind b, where these are going to be.
func appendCut(b []byte, kind byte, body []byte) []byte {
	body = append([]byte(nil), body...)
	for len(body) > MaxFrame {
		b = appendFrame(b, kind|typeMore, body[:MaxFrame])
		body = body[MaxFrame:]
	}
	return appendFrame(b, kind, body)
}

func appendFrame(b []byte, kind byte, body []byte) []byte {
	b = append(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

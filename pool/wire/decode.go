package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// keptMost is the most memory that a Decoder keeps between messages.
const keptMost = 128 << 10

// Decoder finds the messages in what comes from the other end. The zero value is
// ready; a Decoder serves one stream, in one goroutine, and must not be copied once
// it was fed. How the stream is cut into pieces makes no difference to what is found.
//
// What it allocates is in proportion to what has come: no length that was only
// announced is believed.
type Decoder struct {
	// Noise is how many bytes may come before the other end's Preamble; 0 allows for
	// none.
	Noise int

	begun   bool   // the Preamble was there
	greeted bool   // so was the Hello
	noise   []byte // what came before
	held    []byte // the part of a frame that has come
	part    []byte // the bodies of a message's frames but the last
	kind    byte   // the type of that message; 0 if there is none
	err     error  // set once
}

// Feed takes the next piece of the stream and calls each for every message that
// ends in it, in order. It keeps no part of b, and each must not use the Decoder.
// The Data of a message is valid only during the call; all else is
// the receiver's to keep.
//
// An error is final, and every later call returns it again. It is a *NoiseError, a
// *VersionError, a *FormatError or what each returned. The messages before it have
// been passed on.
func (d *Decoder) Feed(b []byte, each func(Message) error) error {
	if !d.begun && d.err == nil {
		b = d.begin(b)
	}
	for len(b) > 0 && d.err == nil {
		var frame []byte
		if frame, b = d.next(b); frame == nil {
			break
		}
		d.take(frame, each)
		if d.held = d.held[:0]; cap(d.held) > keptMost {
			d.held = nil
		}
	}
	return d.err
}

// Heard is what came before the Preamble, as far as it was kept. It is the
// Decoder's.
func (d *Decoder) Heard() []byte { return d.noise }

// Close says that the stream has ended, and tells whether it ended well, between
// two messages: nil, or the error of Feed, if there was one, or a *CutError.
func (d *Decoder) Close() error {
	switch {
	case d.err != nil:
	case !d.greeted:
		d.err = &CutError{Greeting: true, Text: string(d.noise)}
	case len(d.held) > 0 || d.kind != 0:
		d.err = &CutError{}
	}
	return d.err
}

// begin looks for the Preamble, and returns what is behind it. If there is none,
// it waits for the end of a line, so that the error has something to show.
func (d *Decoder) begin(b []byte) []byte {
	for i, c := range b {
		d.noise = append(d.noise, c)
		n := len(d.noise)
		switch {
		case c == '\n' && n <= d.Noise+len(Preamble) && bytes.HasSuffix(d.noise, []byte(Preamble)):
			d.noise, d.begun = d.noise[:n-len(Preamble)], true
			return b[i+1:]
		case c == '\n' && n > d.Noise, n >= d.Noise+quoteMost:
			d.err = &NoiseError{Text: string(d.noise)}
			return nil
		}
	}
	return nil
}

// next returns the frame that ends in b, if there is one, and what is behind it.
// What there is of a frame that does not end is held.
func (d *Decoder) next(b []byte) (frame, rest []byte) {
	if len(d.held) == 0 {
		if n, ok := d.frameLen(b); ok && len(b) >= n {
			return b[:n], b[n:]
		}
	}
	for d.err == nil {
		need, ok := d.frameLen(d.held)
		switch {
		case ok && len(d.held) == need:
			return d.held, b
		case len(b) == 0:
			return nil, nil
		case !ok:
			need = headLen
		}
		n := min(len(b), need-len(d.held))
		d.held = append(d.held, b[:n]...)
		b = b[n:]
	}
	return nil, nil
}

// frameLen returns the length of the frame that begins with b; ok is false when
// b does not tell yet, and when it begins with none, which is an error.
func (d *Decoder) frameLen(b []byte) (n int, ok bool) {
	if len(b) < headLen || d.err != nil {
		return 0, false
	}
	size := binary.BigEndian.Uint32(b[1:])
	kind := b[0] &^ typeMore
	switch {
	case newMessage(kind) == nil:
		d.err = &FormatError{What: fmt.Sprintf("there is no type %q", b[0])}
	case d.kind != 0 && kind != d.kind:
		d.err = &FormatError{What: "another one comes before its end", Type: d.kind}
	case size > MaxFrame:
		d.err = &FormatError{What: "a frame is too long", Type: kind}
	case size == 0 && (b[0]&typeMore != 0 || d.kind != 0):
		d.err = &FormatError{What: "a part of it is empty", Type: kind}
	case len(d.part)+int(size) > MaxMessage:
		d.err = &FormatError{What: "it is too long", Type: kind}
	default:
		return headLen + int(size), true
	}
	return 0, false
}

// take decodes the message that ends with the frame, if one does.
func (d *Decoder) take(frame []byte, each func(Message) error) {
	body := frame[headLen:]
	d.kind = frame[0] &^ typeMore
	if frame[0]&typeMore != 0 {
		d.part = append(d.part, body...)
		return
	}
	kind := d.kind
	if len(d.part) > 0 {
		d.part = append(d.part, body...)
		body = d.part
	}
	d.part, d.kind = nil, 0
	if (kind == typeHello) == d.greeted {
		d.err = &FormatError{What: "there is one greeting, and it comes first", Type: kind}
		return
	}
	m, err := decode(kind, body)
	if err == nil {
		d.greeted = true
		err = each(m)
	}
	d.err = err
}

// decode decodes the body of a message of a type that there is.
func decode(kind byte, body []byte) (Message, error) {
	m := newMessage(kind)
	c := codec{decoding: true, b: body}
	m.fields(&c)
	if c.err == nil && len(c.b) > 0 {
		c.refuse("there is more in it than its fields")
	}
	if format, ok := errors.AsType[*FormatError](c.err); ok {
		format.Type = kind
	}
	return m, c.err
}

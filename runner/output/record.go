package output

import (
	"encoding/binary"
	"io"
)

// The record of a closed entry in the log:
//
//	header   four uvarints, see the type
//	pieces   outPieces, then errPieces segments, of 16 bytes each
//	bytes    outBytes, then errBytes: what comes after the pieces
//
// A small result has no pieces, and its record is four bytes longer than it.
type header struct {
	outPieces, errPieces int64
	outBytes, errBytes   int64
}

const (
	maxHeader   = 4 * binary.MaxVarintLen64
	segmentSize = 16 // address and length, little-endian
)

// maxLength bounds every number in a record; it keeps sums and products of them
// far from overflow. It is 4 PiB of output, or as many pieces.
const maxLength = 1 << 52

// damagedError says that what was read back is not what was written.
type damagedError struct{}

func (damagedError) Error() string { return "it was changed by somebody else" }

func (h header) append(b []byte) []byte {
	for _, n := range []int64{h.outPieces, h.errPieces, h.outBytes, h.errBytes} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// readHeader reads what append wrote.
func readHeader(r io.ByteReader) (header, error) {
	var h header
	for _, n := range []*int64{&h.outPieces, &h.errPieces, &h.outBytes, &h.errBytes} {
		v, err := binary.ReadUvarint(r)
		if err != nil {
			return h, err
		}
		if v > maxLength {
			return h, damagedError{}
		}
		*n = int64(v)
	}
	return h, nil
}

func appendSegment(b []byte, s segment) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(s.at))
	return binary.LittleEndian.AppendUint64(b, uint64(s.n))
}

// parseSegment reads what appendSegment wrote, and no segment that ends after
// the given address: pieces are older than the record that lists them.
func parseSegment(b []byte, before int64) (segment, error) {
	s := segment{int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))}
	if s.at < 0 || s.n <= 0 || s.n > maxLength || s.at > before-s.n {
		return segment{}, damagedError{}
	}
	return s, nil
}

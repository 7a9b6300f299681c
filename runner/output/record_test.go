package output

import (
	"bytes"
	"slices"
	"testing"
)

func FuzzHeader(f *testing.F) {
	f.Add([]byte{0, 0, 20, 0})
	f.Add(header{1 << 40, 7, 1 << 52, 0}.append(nil))
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		h, err := readHeader(r)
		if err != nil {
			return
		}
		enc := h.append(nil)
		if len(enc) > maxHeader || min(h.outPieces, h.errPieces, h.outBytes, h.errBytes) < 0 {
			t.Errorf("%+v takes %d bytes", h, len(enc))
		}
		again, err := readHeader(bytes.NewReader(enc))
		if err != nil || again != h {
			t.Errorf("%+v became %+v (%v)", h, again, err)
		}
	})
}

func FuzzSegment(f *testing.F) {
	f.Add(appendSegment(nil, segment{1, 2}), int64(3))
	f.Add(appendSegment(nil, segment{-1, 2}), int64(3))
	f.Add(bytes.Repeat([]byte{0x7f}, 16), int64(1)<<60)
	f.Fuzz(func(t *testing.T, b []byte, before int64) {
		if len(b) < segmentSize || before < 0 {
			return
		}
		s, err := parseSegment(b, before)
		if err != nil {
			return
		}
		if s.at < 0 || s.n <= 0 || s.at+s.n > before {
			t.Errorf("%+v before %d", s, before)
		}
		if !slices.Equal(appendSegment(nil, s), b[:segmentSize]) {
			t.Errorf("%+v is not %x", s, b)
		}
	})
}

func TestParseSegment(t *testing.T) {
	for _, tc := range []struct {
		s  segment
		ok bool
	}{
		{segment{0, 100}, true},
		{segment{99, 1}, true},
		{segment{99, 2}, false},
		{segment{0, 0}, false},
		{segment{0, -1}, false},
		{segment{-5, 10}, false},
		{segment{5, maxLength + 1}, false},
	} {
		if _, err := parseSegment(appendSegment(nil, tc.s), 100); (err == nil) != tc.ok {
			t.Errorf("%+v: %v", tc.s, err)
		}
	}
}

func TestIndex(t *testing.T) {
	var x index
	const n = 3*pageSlots + 5
	for range n {
		x.push(slotOpen)
	}
	for i := int64(0); i < n; i += 2 {
		x.set(i, slotEmpty)
	}
	dst := make([]slot, 0, 100)
	if got := x.take(dst); len(got) != 0 || x.head != 1 {
		t.Fatalf("took %v, head %d", got, x.head)
	}
	for i := int64(1); i < 2*pageSlots; i += 2 {
		x.set(i, slotAt(i))
	}
	next := int64(1)
	for x.ready() {
		for _, s := range x.take(dst) {
			if s.address() != next {
				t.Fatalf("took %d, want %d", s.address(), next)
			}
			next += 2
		}
	}
	if x.head != 2*pageSlots+1 || len(x.pages) != 2 {
		t.Errorf("head %d, %d pages", x.head, len(x.pages))
	}
	x.cut()
	if x.end != x.head || x.push(slotAt(0)) != x.head || !x.ready() {
		t.Errorf("cut at %d, head %d", x.end, x.head)
	}
}

func TestBlockSize(t *testing.T) {
	for _, tc := range []struct{ limit, want int64 }{
		{1, 256}, {16 << 10, 256}, {1 << 20, 16 << 10}, {16 << 20, 256 << 10}, {1 << 40, 256 << 10},
	} {
		if got := blockSize(tc.limit); got != tc.want {
			t.Errorf("blockSize(%d) = %d, want %d", tc.limit, got, tc.want)
		}
	}
}

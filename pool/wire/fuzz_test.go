package wire

import (
	"bytes"
	"reflect"
	"runtime/metrics"
	"testing"
)

// allocated is how many bytes this process has allocated in its life.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// FuzzDecoder holds that a decoder takes anything: that pieces make no difference,
// that what it finds is encoded to the same bytes, and that it allocates in proportion
// to what has come.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte("noise"), 3, 10)
	for _, m := range samples() {
		b, _ := Append(hello(), m)
		f.Add(b, 1, 0)
		f.Add(b[:len(b)-1], 7, 5)
	}
	f.Fuzz(func(t *testing.T, in []byte, piece, noise int) {
		noise = min(max(noise, 0), 100)
		before := allocated()
		whole := Decoder{Noise: noise}
		want, wantErr := feed(&whole, in, len(in))
		if n := allocated() - before; n > 200*uint64(len(in))+8<<20 {
			t.Errorf("%d bytes of memory for %d", n, len(in))
		}
		cut := Decoder{Noise: noise}
		got, err := feed(&cut, in, min(max(piece, 1), 1<<16))
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) || !reflect.DeepEqual(cut.Close(), whole.Close()) {
			t.Errorf("got  %#v, %v\nwant %#v, %v", got, err, want, wantErr)
		}
		var again []byte
		for _, m := range want {
			if again, err = Append(again, m); err != nil {
				t.Fatalf("%#v cannot be sent: %v", m, err)
			}
		}
		if rest := in[min(len(whole.Heard()), len(in)):]; !bytes.HasPrefix(rest, again) && !cutInParts(in) {
			t.Errorf("%q\nbecame %q", rest, again)
		}
	})
}

// cutInParts tells whether a stream may have messages of several frames, which are
// encoded as one when they are short.
func cutInParts(in []byte) bool {
	for _, b := range in {
		if b >= typeMore && newMessage(b&^typeMore) != nil {
			return true
		}
	}
	return false
}

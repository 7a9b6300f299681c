package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// lines returns the lines of text; limit zero is the default.
func lines(text string, limit int) Source {
	return NewReader(strings.NewReader(text), Options{Delim: '\n', MaxRecord: limit})
}

func TestReader(t *testing.T) {
	long := strings.Repeat("x", 3*blockSize+5)
	block := strings.Repeat("y", blockSize)
	tests := []struct {
		name  string
		text  string
		delim byte
		want  []string
	}{
		{"empty", "", '\n', nil},
		{"one delimiter", "\n", '\n', []string{""}},
		{"one record", "a\n", '\n', []string{"a"}},
		{"no delimiter at the end", "a\nb", '\n', []string{"a", "b"}},
		{"no delimiter at all", "abc", '\n', []string{"abc"}},
		{"empty lines", "\n\na\n\n", '\n', []string{"", "", "a", ""}},
		{"carriage return", "a\r\nb\r", '\n', []string{"a\r", "b\r"}},
		{"blanks", " a\t \n", '\n', []string{" a\t "}},
		{"NUL in a line", "a\x00b\n", '\n', []string{"a\x00b"}},
		{"invalid UTF-8", "\xff\xfe\n\xc3\n", '\n', []string{"\xff\xfe", "\xc3"}},
		{"NUL-ended", "a\nb\x00c\x00", 0, []string{"a\nb", "c"}},
		{"comma", "a,b,,c", ',', []string{"a", "b", "", "c"}},
		{"high byte", "a\xffb", 0xff, []string{"a", "b"}},
		{"longer than a block", "a\n" + long + "\nb\n", '\n', []string{"a", long, "b"}},
		{"longer than a block, at the end", "a\n" + long, '\n', []string{"a", long}},
		{"ends with the block", block[1:] + "\n" + block + "\nb", '\n', []string{block[1:], block, "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := Options{Delim: tt.delim}
			expect(t, NewReader(strings.NewReader(tt.text), opt), tt.want...)
			expect(t, NewReader(iotest.OneByteReader(strings.NewReader(tt.text)), opt), tt.want...)
			expect(t, NewReader(iotest.DataErrReader(strings.NewReader(tt.text)), opt), tt.want...)
			expect(t, NewReader(iotest.HalfReader(strings.NewReader(tt.text)), opt), tt.want...)
		})
	}
}

func TestTooLong(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		limit int
		want  []string
	}{
		{"just fits", "abc\nabc", 3, []string{"abc", "abc"}},
		{"one too many", "abcd\nx\n", 3, []string{"!abc", "x"}},
		{"at the end", "x\nabcd", 3, []string{"x", "!abc"}},
		{"two in a row", "abcd\nabcde\nabc\n", 3, []string{"!abc", "!abc", "abc"}},
		{"over many blocks", strings.Repeat("a", 5*blockSize) + "\nx", 3, []string{"!aaa", "x"}},
		{"limit above a block", strings.Repeat("a", 5*blockSize) + "\nx", 2 * blockSize,
			[]string{"!" + strings.Repeat("a", 2*blockSize), "x"}},
		{"exactly a block", strings.Repeat("a", blockSize) + "\nx", blockSize, []string{strings.Repeat("a", blockSize), "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, lines(tt.text, tt.limit), tt.want...)
			opt := Options{Delim: '\n', MaxRecord: tt.limit}
			expect(t, NewReader(iotest.OneByteReader(strings.NewReader(tt.text)), opt), tt.want...)
		})
	}
	rec, err := lines("abcd\n", 3).Next()
	var tooLong *TooLongError
	if err != nil || !errors.As(rec.Bad, &tooLong) || tooLong.Limit != 3 {
		t.Errorf("Next = %+v, %v; want a TooLongError with limit 3", rec, err)
	}
}

// A record comes out before anything after it has been written.
func TestReaderDoesNotReadAhead(t *testing.T) {
	r, w := io.Pipe()
	src := NewReader(r, Options{Delim: '\n'})
	done := make(chan error, 1)
	next := make(chan struct{})
	go func() {
		for range 3 {
			if _, err := io.WriteString(w, "line\nrest"); err != nil {
				done <- err
				return
			}
			<-next
		}
		done <- w.Close()
	}()
	for i, want := range []string{"line", "restline", "restline"} {
		rec, err := src.Next()
		if err != nil || rec.Text != want {
			t.Fatalf("Next %d = %q, %v; want %q", i+1, rec.Text, err, want)
		}
		next <- struct{}{}
	}
	expect(t, src, "rest")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The bad record is told as soon as the limit is passed, even if its end never comes.
func TestEndlessRecord(t *testing.T) {
	rec, err := NewReader(zeros{}, Options{Delim: '\n', MaxRecord: 10}).Next()
	if err != nil || rec.Bad == nil || rec.Text != strings.Repeat("\x00", 10) {
		t.Errorf("Next = %+v, %v; want a bad record of ten bytes", rec, err)
	}
}

// zeros is /dev/zero.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestSkippingTakesNoMemory(t *testing.T) {
	const size = 256 << 20
	src := NewReader(io.LimitReader(zeros{}, size), Options{Delim: '\n', MaxRecord: 1000})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	expect(t, src, "!"+strings.Repeat("\x00", 1000))
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes allocated for a record of %d that is skipped", got, size)
	}
}

func TestReadErrors(t *testing.T) {
	broken := func() io.Reader {
		return io.MultiReader(strings.NewReader("a\ntorn"), iotest.ErrReader(&fs.PathError{Op: "read", Path: "/x", Err: syscall.EIO}))
	}
	got, err := readAll(t, NewReader(broken(), Options{Delim: '\n', Name: "list"}))
	equal(t, got, []string{"a"}) // not "torn"
	var se *SourceError
	if !errors.As(err, &se) || se.Op != "read" || se.Name != "list" || !errors.Is(err, syscall.EIO) {
		t.Fatalf("error %v, want a SourceError for list", err)
	}
	if want := "cannot read list: " + syscall.EIO.Error(); err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}

	got, err = readAll(t, NewReader(iotest.DataErrReader(broken()), Options{Delim: '\n'}))
	equal(t, got, []string{"a"})
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("error %v, want EIO", err)
	}

	_, err = readAll(t, NewReader(idle{}, Options{Delim: '\n'}))
	if !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error %v, want io.ErrNoProgress", err)
	}
}

// idle is a broken reader.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestReaderClose(t *testing.T) {
	src := lines("a\nb\n", 0)
	if rec, err := src.Next(); err != nil || rec.Text != "a" {
		t.Fatalf("Next = %q, %v", rec.Text, err)
	}
	for range 2 {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
	got, err := readAll(t, src)
	if len(got) != 0 || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %q, %v; want fs.ErrClosed", got, err)
	}
}

// A record in a later block must not overwrite one that was handed out before.
func TestRecordsDoNotShareMemory(t *testing.T) {
	var text bytes.Buffer
	var want []string
	for i := range 40_000 {
		record := strings.Repeat(string(rune('a'+i%26)), i%37)
		want = append(want, record)
		text.WriteString(record + "\n")
	}
	expect(t, NewReader(&text, Options{Delim: '\n'}), want...)
}

// FuzzReader compares with the plain way of splitting, for any way in which the bytes arrive.
func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nbc\n\nlong line\nend"), byte('\n'), uint8(4), uint8(3))
	f.Add([]byte("\x00\x00"), byte(0), uint8(0), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, delim byte, limit, chunk uint8) {
		max := int(limit) + 1
		parts := bytes.Split(data, []byte{delim})
		if len(parts[len(parts)-1]) == 0 {
			parts = parts[:len(parts)-1]
		}
		var want []string
		for _, p := range parts {
			if len(p) > max {
				want = append(want, "!"+string(p[:max]))
			} else {
				want = append(want, string(p))
			}
		}
		r := &chunks{data: data, size: int(chunk) + 1}
		expect(t, NewReader(r, Options{Delim: delim, MaxRecord: max}), want...)
	})
}

// chunks returns at most size bytes at a time.
type chunks struct {
	data []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(c.size, len(p))], c.data)
	c.data = c.data[n:]
	return n, nil
}

// repeat returns block for ever.
type repeat struct{ block []byte }

func (r repeat) Read(p []byte) (int, error) { return copy(p, r.block), nil }

func BenchmarkShortRecords(b *testing.B) {
	const record = "file012.txt\n"
	src := NewReader(repeat{bytes.Repeat([]byte(record), blockSize/len(record))}, Options{Delim: '\n'})
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		if rec, err := src.Next(); err != nil || len(rec.Text) != len(record)-1 {
			b.Fatal(rec, err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}

// BenchmarkNoDelimiter shows that one long record costs time in proportion to its length: MB/s are the same.
func BenchmarkNoDelimiter(b *testing.B) {
	for _, mib := range []int64{1, 16, 64} {
		size := mib << 20
		b.Run(fmt.Sprintf("%dMiB", mib), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				src := NewReader(io.LimitReader(zeros{}, size), Options{Delim: '\n'})
				if rec, err := src.Next(); err != nil || int64(len(rec.Text)) != size {
					b.Fatal(len(rec.Text), err)
				}
			}
		})
	}
}

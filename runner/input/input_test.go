package input

import (
	"errors"
	"io"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// readAll returns the records of src up to its error, which is nil for a clean end. A bad record is shown as "!" and its
// text. It fails if the end does not stay the end.
func readAll(t *testing.T, src Source) ([]string, error) {
	t.Helper()
	var all []string
	for {
		rec, err := src.Next()
		if err != nil {
			if _, again := src.Next(); again != err {
				t.Errorf("Next after %v: %v", err, again)
			}
			if err == io.EOF {
				err = nil
			}
			return all, err
		}
		if rec.Bad != nil {
			all = append(all, "!"+rec.Text)
		} else {
			all = append(all, rec.Text)
		}
	}
}

// expect fails unless the records of src are want, and its end is a clean one.
func expect(t *testing.T, src Source, want ...string) {
	t.Helper()
	got, err := readAll(t, src)
	if err != nil {
		t.Errorf("error %v, want a clean end", err)
	}
	equal(t, got, want)
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records %.200q, want %d %.200q", len(got), got, len(want), want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d = %.200q, want %.200q", i+1, got[i], want[i])
		}
	}
}

func TestArgs(t *testing.T) {
	expect(t, Args(nil))
	src := Args([]string{"a b", "", "c\n\x00\xff"})
	expect(t, src, "a b", "", "c\n\x00\xff")

	src = Args([]string{"a", "b"})
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	expect(t, src)
}

func TestUntil(t *testing.T) {
	expect(t, Until(Args([]string{"a", "b", "END", "c"}), "END"), "a", "b")
	expect(t, Until(Args([]string{"a", "ENDE", ""}), "END"), "a", "ENDE", "")
	expect(t, Until(Args([]string{"a", "", "b"}), ""), "a")
	expect(t, Until(Args(nil), "END"))
}

// failing is a source that must not be asked for more than it has.
type failing struct {
	t     *testing.T
	texts []string
}

func (f *failing) Next() (Record, error) {
	if len(f.texts) == 0 {
		f.t.Error("read on after the end")
		return Record{}, io.EOF
	}
	text := f.texts[0]
	f.texts = f.texts[1:]
	return Record{Text: text}, nil
}

func (f *failing) Close() error { return errors.ErrUnsupported }

func TestUntilReadsNoFurther(t *testing.T) {
	src := Until(&failing{t, []string{"a", "END"}}, "END")
	expect(t, src, "a")
	if err := src.Close(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Close = %v, want the source's error", err)
	}
}

// A cut record that happens to look like the end word is not it.
func TestUntilBadRecord(t *testing.T) {
	expect(t, Until(lines("ENDLESS\nb\nEND\n", 3), "END"), "!END", "b")
}

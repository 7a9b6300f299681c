package block

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"xpool/pool/peertest"
)

// parts returns the parts of texts, headers included.
func parts(t testing.TB, o Options, jobs int, texts ...string) []string {
	t.Helper()
	var files []File
	for i, text := range texts {
		files = append(files, File{Name: "file" + strconv.Itoa(i), R: strings.NewReader(text), Size: int64(len(text))})
	}
	p, err := NewParter(o, jobs, files...)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for seq := int64(1); ; seq++ {
		part, err := p.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.Seq != seq || part.Length <= 0 {
			t.Errorf("part %d is %+v", seq, part)
		}
		var text strings.Builder
		if n, err := io.Copy(&text, part.Reader(files[part.File].R)); n != part.Size() || err != nil {
			t.Errorf("part %+v: %d bytes, %v", part, n, err)
		}
		all = append(all, text.String())
	}
}

func TestParts(t *testing.T) {
	seq20, seq10 := lines(1, 20), lines(1, 10)
	for _, c := range []struct {
		texts []string
		opt   Options
		want  string
	}{
		{[]string{seq20}, Options{Size: 1}, "1.|2.|3.|4.|5.|6.|7.|8.|9.|10.|11.|12.|13.|14.|15.|16.|17.|18.|19.|20.|"},
		{[]string{seq20}, Options{Size: 7}, "1.2.3.4.|5.6.7.8.|9.10.11.|12.13.14.|15.16.17.|18.19.20.|"},
		{[]string{seq20}, Options{}, "1.2.|3.4.|5.6.|7.8.|9.10.|11.12.|13.14.|15.16.|17.18.|19.20.|"},
		{[]string{seq20}, Options{Size: 100}, "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.|"},
		{[]string{seq20}, Options{Size: -2}, "1.2.3.4.5.6.7.|8.9.10.11.12.13.|14.15.16.17.18.|19.20.|"},
		{[]string{seq20, seq10}, Options{Size: -1}, "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.|17.18.19.20.|1.2.3.4.5.6.7.8.9.10.|"},
		{[]string{seq20}, Options{Size: 7, RecEnd: new("")}, "1.2.3.4|.5.6.7.|8.9.10.|11.12.1|3.14.15|.16.17.|18.19.2|0.|"},
		{[]string{seq20}, Options{Size: 5, RecEnd: new("1")}, "1.2.3.4.5.6.7.8.9.1|0.11.1|2.13.1|4.15.1|6.17.1|8.19.20.|"},
		{[]string{seq20}, Options{Size: 7, RecStart: new("1")}, "1.2.3.4.5.6.7.8.9.|10.11.12.|13.14.15.|16.17.18.|19.20.|"},
		{[]string{seq20}, Options{Size: 7, RecEnd: new("nope")}, "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.|"},
		{[]string{"h1\n1\n2\n", "", "h2\n3\n4\n", "h3\n"}, Options{Size: 1, Header: Header{Lines: 1}}, "h1.1.|h1.2.|h2.3.|h2.4.|"},
		{[]string{"", "noeol"}, Options{Size: 2}, "noeol|"},
		// Here GNU parallel takes the last border that it can see, which may be that of the whole file.
		{[]string{seq20}, Options{Size: 7, Regexp: true, RecStart: new("^[13579]$")}, "1.2.3.4.|5.6.7.8.|9.10.11.12.13.14.15.16.17.18.19.20.|"},
		{[]string{seq20}, Options{Size: 7, Regexp: true, RecEnd: new(`[13579]\n`)}, "1.2.3.4.5.|6.7.8.9.10.11.|12.13.14.15.|16.17.18.19.|20.|"},
	} {
		if got := bars(parts(t, c.opt, 2, c.texts...)); got != c.want {
			t.Errorf("%q %+v: %q, want %q", c.texts, c.opt, got, c.want)
		}
	}
}

// Borders that are far away, and lie across windows, are found as well, by strings and by regular expressions.
func TestFarBorders(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	for range 6 {
		text.WriteString(strings.Repeat("xE", 1+rnd.IntN(300_000)) + "END")
	}
	text.WriteString("tail")
	want := regexp.MustCompile(`(?s).*?END|.+`).FindAllString(text.String(), -1)
	for _, re := range []bool{false, true} {
		got := parts(t, Options{Size: 1, RecEnd: new("END"), Regexp: re}, 1, text.String())
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("regexp %v: %d parts, want %d", re, len(got), len(want))
		}
	}
}

func TestPartsAsParallel(t *testing.T) {
	parallel := peertest.GNUParallel(t)
	n := 6
	if s := os.Getenv("XPOOL_ORACLE"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	for seed := range uint64(n) {
		c := randomCase(seed)
		c.opt.Regexp, c.opt.RemoveSep, c.opt.Lines = false, false, 0
		if c.text == "" || c.opt.Header.Regexp != "" {
			continue
		}
		if seed%3 == 0 {
			c.opt.Size = -1 - int64(seed%4)
		}
		got := parts(t, c.opt, 1, c.text)
		want := parallelBlocks(t, parallel, c.text, append(c.args(), "--pipe-part", "-a", "INPUT")...)
		if strings.Join(got, endOfBlock) != strings.Join(want, endOfBlock) {
			t.Errorf("%v\n  %q\nparallel:\n  %q", c, got, want)
		}
	}
}

func TestPartErrors(t *testing.T) {
	for _, o := range []Options{{Records: 2}, {Lines: 2}, {RemoveSep: true}} {
		var bad *OptionError
		if _, err := NewParter(o, 1); !errors.As(err, &bad) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	p, err := NewParter(Options{Size: 1}, 1, File{Name: "cut", R: strings.NewReader("a\nb\n"), Size: 100})
	if err != nil {
		t.Fatal(err)
	}
	var path *fs.PathError
	if _, err := p.Next(); !errors.As(err, &path) || path.Path != "cut" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that became shorter: %v", err)
	}
}

func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	fifo, regular := filepath.Join(dir, "fifo"), filepath.Join(dir, "regular")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	var no *NotSeekableError
	for _, name := range []string{fifo, dir, "/dev/null"} {
		if _, _, err := OpenFile(name); !errors.As(err, &no) || no.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := OpenFile(regular); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := os.WriteFile(regular, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, f, err := OpenFile(regular)
	if err != nil || file.Size != 3 || file.Name != regular {
		t.Fatal(file, err)
	}
	f.Close()
}

// FuzzParter checks that the parts are the file, and that each but the last ends at the first border that it may.
func FuzzParter(f *testing.F) {
	f.Add("a\nb\nc\n", "\n", "", byte(0), uint8(2))
	f.Add("a,b,,c", ",", "b", byte(6), uint8(1))
	f.Fuzz(func(t *testing.T, text, end, start string, flags byte, size uint8) {
		o := fuzzOptions(end, start, flags&^0x61, size|1, 0, 0)
		got := parts(t, o, 1, text)
		if strings.Join(got, "") != text {
			t.Fatalf("%q is not %q", got, text)
		}
		checkBorders(t, got, o)
		for i, part := range got[:max(0, len(got)-1)] {
			if int64(len(part)) < o.Size {
				t.Errorf("%q: part %d is too small", got, i)
			}
		}
	})
}

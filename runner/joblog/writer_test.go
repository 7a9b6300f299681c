package joblog

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestOpen(t *testing.T) {
	row, next := rowText(1, 0, 0, "a"), rowText(2, 0, 0, "b")
	big := rowText(1, 0, 0, strings.Repeat("big ", 100_000))
	old := "Seq\tHost\tStarttime\tRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
	tests := []struct {
		name, before string
		mode         Mode
		after        string
	}{
		{"create empty", "", Create, Header + next},
		{"append to empty", "", Append, Header + next},
		{"resume empty", "", Resume, Header + next},
		{"create anew", Header + row, Create, Header + next},
		{"append", Header + row, Append, Header + row + next},
		{"resume", Header + row, Resume, Header + row + next},
		{"resume an older version's", old + row, Resume, old + row + next},
		{"resume without column names", row, Resume, row + next},
		{"resume with a huge row", big, Resume, big + next},
		{"resume with foreign rows", Header + "garbage\n", Resume, Header + "garbage\n" + next},
		{"resume after a torn row", Header + row + "25\t:\t1", Resume, Header + row + next},
		{"resume after a huge torn row", Header + row + strings.TrimSuffix(big, "\n"), Resume, Header + row + next},
		{"append after a torn row", Header + row + "25\t:\t1", Append, Header + row + next},
		{"resume after torn column names", Header[:20], Resume, Header + next},
		{"create after torn column names", Header[:3], Create, Header + next},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "log")
			mustWrite(t, name, tt.before)
			writeRows(t, mustOpen(t, name, tt.mode), Row{Seq: 2, Command: "b"})
			if got := mustRead(t, name); got != tt.after {
				t.Errorf("got  %.300q\nwant %.300q", got, tt.after)
			}
		})
	}
}

func TestOpenNewFile(t *testing.T) {
	for _, mode := range []Mode{Create, Append, Resume} {
		name := filepath.Join(t.TempDir(), "log")
		mustOpen(t, name, mode)
		if got := mustRead(t, name); got != Header {
			t.Errorf("mode %d: %q", mode, got)
		}
	}
}

// TestOpenRefuses holds that what is no log is left as it is.
func TestOpenRefuses(t *testing.T) {
	for _, text := range []string{"garbage", "garbage\n", "\n", "Seq\n", "a,b\n1,2\n", "2\t:\t1.0", strings.Repeat("x", 1<<17), "\x7fELF\x00"} {
		for _, mode := range []Mode{Create, Append, Resume} {
			name := filepath.Join(t.TempDir(), "log")
			mustWrite(t, name, text)
			_, err := Open(name, mode)
			var format *FormatError
			if !errors.As(err, &format) || format.Name != name {
				t.Errorf("%.20q, mode %d: %v", text, mode, err)
			}
			if got := mustRead(t, name); got != text {
				t.Errorf("%.20q, mode %d: is now %.20q", text, mode, got)
			}
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	var path *os.PathError
	if _, err := Open(filepath.Join(dir, "missing", "log"), Create); !errors.As(err, &path) {
		t.Errorf("in a missing directory: %v", err)
	}
	if _, err := Open(dir, Create); !errors.As(err, &path) {
		t.Errorf("a directory: %v", err)
	}
	var irregular *IrregularError
	if _, err := Open(os.DevNull, Resume); !errors.As(err, &irregular) {
		t.Errorf("resume from a device: %v", err)
	}
}

func TestOpenStream(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1) // by the goroutine, which ends when the fifo's writer has
	go func() {
		b, err := os.ReadFile(name)
		if err != nil {
			read <- err.Error()
		}
		read <- string(b)
	}()
	log := mustOpen(t, name, Create)
	writeRows(t, log, Row{Seq: 1, Command: "a"})
	log.Close()
	if got := <-read; got != Header+rowText(1, 0, 0, "a") {
		t.Errorf("%q", got)
	}
}

func TestTwoWriters(t *testing.T) {
	modes := []Mode{Create, Append, Resume}
	for _, first := range modes {
		for _, second := range modes {
			name := filepath.Join(t.TempDir(), "log")
			one := mustOpen(t, name, first)
			writeRows(t, one, Row{Seq: 1})
			two, err := Open(name, second)
			var busy *BusyError
			switch {
			case first == Append && second == Append:
				if err != nil {
					t.Fatalf("two that append: %v", err)
				}
				writeRows(t, two, Row{Seq: 2})
				writeRows(t, one, Row{Seq: 3})
				two.Close()
			case !errors.As(err, &busy) || busy.Name != name:
				t.Errorf("mode %d beside %d: %v", second, first, err)
			}
			one.Close()
			if !mustLoad(t, name).Done(1) {
				t.Errorf("mode %d beside %d: a row is lost", second, first)
			}
			mustOpen(t, name, Create) // it is free again
		}
	}
}

// TestManyAppend holds that those that open a log for appending at the same time all get it,
// and one of them writes the column names.
func TestManyAppend(t *testing.T) {
	const writers, rows = 20, 50
	name := filepath.Join(t.TempDir(), "log")
	errs := make(chan error, writers)
	for i := range int64(writers) {
		go func() { // ends when its rows are written
			w, err := Open(name, Append)
			for seq := i*rows + 1; err == nil && seq <= (i+1)*rows; seq++ {
				err = w.Write(Row{Seq: seq})
			}
			if err == nil {
				err = w.Close()
			}
			errs <- err
		}()
	}
	for range writers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	set := mustLoad(t, name)
	lines, _ := set.Foreign()
	if done, _ := set.Count(); done != writers*rows || lines != 0 {
		t.Errorf("%d rows, %d foreign lines", done, lines)
	}
	if log := mustRead(t, name); strings.LastIndex(log, Header) != 0 {
		t.Errorf("column names at %d", strings.LastIndex(log, Header))
	}
}

// TestFullDisk holds that a row which does not fit leaves nothing behind. The limit on
// the size of files stands in for a full disk.
func TestFullDisk(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	w := mustOpen(t, name, Create)
	writeRows(t, w, Row{Seq: 1})
	limitFileSize(t, 4096)
	err := w.Write(Row{Seq: 2, Command: strings.Repeat("x", 10_000)})
	var path *os.PathError
	if !errors.Is(err, syscall.EFBIG) || !errors.As(err, &path) || path.Path != name {
		t.Errorf("a row that does not fit: %v", err)
	}
	writeRows(t, w, Row{Seq: 3})
	if got, want := mustRead(t, name), Header+rowText(1, 0, 0, "")+rowText(3, 0, 0, ""); got != want {
		t.Errorf("got %.300q, want %q", got, want)
	}
}

// TestFullDiskShared holds the same for a log that others write too, where a torn row
// cannot be taken back.
func TestFullDiskShared(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	w := mustOpen(t, name, Append)
	writeRows(t, w, Row{Seq: 1})
	limitFileSize(t, 300)
	if err := w.Write(Row{Seq: 2, Command: strings.Repeat("x", 10_000)}); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("a row that does not fit: %v", err)
	}
	limitFileSize(t, 4096)
	writeRows(t, w, Row{Seq: 3})
	set := mustLoad(t, name)
	if done, _ := set.Count(); !set.Done(1) || !set.Done(3) || done > 3 {
		t.Errorf("%d rows in %q", done, mustRead(t, name))
	}
}

// TestKilledWriter kills one that writes, again and again, and looks for the rows that
// it had finished.
func TestKilledWriter(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	for round := range 10 {
		if err := os.Remove(name); err != nil && round > 0 {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asWriter+"="+name)
		cmd.Stderr = os.Stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var written int64
		for in := bufio.NewScanner(stdout); in.Scan(); written++ {
			if written == int64(10+round) {
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
		checkKilled(t, name, written)
	}
}

// checkKilled holds that a log whose writer was killed has the rows that were written, at
// most one more, and nothing else once it is opened.
func checkKilled(t *testing.T, name string, written int64) {
	t.Helper()
	set := mustLoad(t, name)
	done, _ := set.Count()
	if done < written || done > written+1 {
		t.Errorf("%d rows written, %d in the log", written, done)
	}
	for seq := int64(1); seq <= written; seq++ {
		if !set.Done(seq) {
			t.Errorf("row %d is lost", seq)
		}
	}
	if lines, _ := set.Foreign(); lines != 0 {
		t.Errorf("%d lines are no rows", lines)
	}
	mustOpen(t, name, Resume).Close()
	if log := mustRead(t, name); !strings.HasSuffix(log, "x\n") || int64(strings.Count(log, "\n")) != done+1 {
		t.Errorf("ends in %.50q", log[max(0, len(log)-50):])
	}
}

func TestParseName(t *testing.T) {
	for value, want := range map[string]Mode{"log": Create, "+log": Append} {
		if name, mode := ParseName(value); name != "log" || mode != want {
			t.Errorf("%s: %s, %d", value, name, mode)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	w, err := Open(filepath.Join(b.TempDir(), "log"), Create)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	r := Row{Seq: 123456, Command: "convert 'a b.jpg' -resize 50% 'small/a b.jpg'"}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	log := Header + strings.Repeat(rowText(123456, 0, 0, "convert 'a b.jpg' -resize 50% 'small/a b.jpg'"), 10_000)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(strings.NewReader(log)); err != nil {
			b.Fatal(err)
		}
	}
}

// limitFileSize bounds how large files may grow until the test ends.
func limitFileSize(t *testing.T, bytes uint64) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	limit := old
	setNumber(&limit.Cur, bytes)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
	})
}

// setNumber sets a field that is not of the same type on each system.
func setNumber[N int64 | uint64](field *N, n uint64) { *field = N(n) }

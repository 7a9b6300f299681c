package rows

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// rowsOf returns a function that hands out a row for each word of text, with a column for each letter; a word that begins
// with ! is a bad one. It counts them in read.
func rowsOf(text string, read *int, end error) func() (Row, error) {
	words := strings.Fields(text)
	return func() (Row, error) {
		if *read == len(words) {
			return Row{}, end
		}
		word := words[*read]
		*read++
		if strings.HasPrefix(word, "!") {
			return Row{Args: []string{word}, Bad: io.ErrUnexpectedEOF}, nil
		}
		return Row{Args: strings.Split(word, "")}, nil
	}
}

// batches returns all batches in one text, with the reason of a bad one, and the error after them.
func batches(b *Batcher) (string, error) {
	var out []string
	for {
		batch, err := b.Next()
		if err != nil {
			return strings.Join(out, ","), err
		}
		text := strings.Join(batch.Args, "")
		if batch.Bad != nil {
			text += fmt.Sprintf("=%T", batch.Bad)
		}
		out = append(out, fmt.Sprintf("%s/%d", text, batch.Rows))
	}
}

func TestBatches(t *testing.T) {
	broken := errors.New("broken")
	letters := func(args []string) int { return len(strings.Join(args, "")) }
	tests := []struct {
		name string
		opt  BatchOptions
		rows string
		end  error
		want string
		err  error
	}{
		{"all", BatchOptions{}, "a bc d", io.EOF, "abcd/3", io.EOF},
		{"none", BatchOptions{Slots: 3}, "", io.EOF, "", io.EOF},
		{"one", BatchOptions{MaxRows: 1}, "a bc", io.EOF, "a/1,bc/1", io.EOF},
		{"two", BatchOptions{MaxRows: 2}, "a bc d", io.EOF, "abc/2,d/1", io.EOF},
		{"no columns", BatchOptions{NoArgs: true, MaxSize: 1}, "a bc !d", io.EOF, "/1,/1,!d=*errors.errorString/1", io.EOF},
		{"bad ones do not wait", BatchOptions{MaxRows: 2}, "a !b c !d e", io.EOF,
			"!b=*errors.errorString/1,ac/2,!d=*errors.errorString/1,e/1", io.EOF},
		{"size", BatchOptions{MaxSize: 5, Base: 1, Size: letters}, "a bc d ef g", io.EOF, "abcd/3,efg/2", io.EOF},
		{"size of its own", BatchOptions{MaxSize: 4}, "a b ab c", io.EOF, "ab/2,ab/1,c/1", io.EOF},
		{"too large alone", BatchOptions{MaxSize: 3, Size: letters}, "a bcde b", io.EOF,
			"bcde=*rows.SizeError/1,ab/2", io.EOF},
		{"size and number", BatchOptions{MaxSize: 3, MaxRows: 2, Size: letters}, "a b c def", io.EOF, "ab/2,c/1,def/1", io.EOF},
		{"the source's error", BatchOptions{MaxRows: 2, Slots: 2}, "a b c d", broken, "ab/2,cd/2", broken},
		{"spread", BatchOptions{Slots: 3}, "a b c d", io.EOF, "ab/2,cd/2", io.EOF},
		{"spread the last", BatchOptions{Slots: 2, MaxRows: 4}, "a b c d e f g h", io.EOF, "abcd/4,ef/2,gh/2", io.EOF},
		{"spread what is left by size", BatchOptions{Slots: 2, MaxSize: 3, Size: letters}, "a b c d e", io.EOF, "abc/3,d/1,e/1", io.EOF},
		{"fewer than slots", BatchOptions{Slots: 9}, "a b", io.EOF, "a/1,b/1", io.EOF},
	}
	for _, test := range tests {
		read := 0
		got, err := batches(NewBatcher(rowsOf(test.rows, &read, test.end), test.opt))
		if got != test.want || err != test.err {
			t.Errorf("%s: %q, %v; want %q, %v", test.name, got, err, test.want, test.err)
		}
	}
}

func TestBatchExit(t *testing.T) {
	read := 0
	b := NewBatcher(rowsOf("a b cc dd ee", &read, io.EOF), BatchOptions{MaxRows: 2, MaxSize: 5, Exit: true})
	got, err := batches(b)
	var size *SizeError
	if got != "ab/2" || !errors.As(err, &size) || size.Max != 5 || size.Size != 8 {
		t.Errorf("%q, %v", got, err)
	}
	if _, again := b.Next(); again != err {
		t.Errorf("then %v", again)
	}
}

// No row is read before it is needed: a full batch does not wait for the next, unless it may be one to spread.
func TestBatchesReadNoFurther(t *testing.T) {
	for slots, want := range map[int]int{0: 2, 1: 2, 2: 3} {
		read := 0
		b := NewBatcher(rowsOf("a b c d", &read, io.EOF), BatchOptions{MaxRows: 2, Slots: slots})
		if batch, err := b.Next(); !slices.Equal(batch.Args, []string{"a", "b"}) || err != nil || read != want {
			t.Errorf("%d slots: %q, %v, %d rows read", slots, batch.Args, err, read)
		}
	}
}

// The limit of the size is the same as GNU parallel's, and the rows after the last full task are spread.
func TestSizesAsParallel(t *testing.T) {
	parallel := peertest.GNUParallel(t)
	dir := t.TempDir()
	words := strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21")
	for _, c := range []struct {
		option string
		max    int
		slots  int
	}{{"-X", 24, 3}, {"-m", 25, 4}, {"--xargs", 22, 1}} {
		args := []string{"-k", "-j3", c.option, "-s", fmt.Sprint(c.max), "echo", ":::"}
		if c.slots > 1 {
			args[1] = fmt.Sprintf("-j%d", c.slots)
		}
		cmd := exec.Command(parallel, append(args, words...)...)
		cmd.Env = parallelEnv(dir)
		want, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		r := reader(t, Options{}, Source{Words: words})
		b := NewBatcher(r.Next, BatchOptions{MaxSize: c.max, Base: len("echo\x00"), Slots: c.slots})
		var got strings.Builder
		for {
			batch, err := b.Next()
			if err != nil {
				break
			}
			fmt.Fprintln(&got, strings.Join(batch.Args, " "))
		}
		if got.String() != string(want) {
			t.Errorf("%q:\n%sparallel:\n%s", args, got.String(), want)
		}
	}
}

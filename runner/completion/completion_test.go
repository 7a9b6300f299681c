package completion

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const help = `xpool: a heading

Usage:
  xpool [options] program   not an option

Group:
  -a, --arg-file FILE      read records from FILE, and leave standard input to
                           programs; may be repeated
  -0, --null               records end with NUL (not with newlines; or so)
      --eof[=STR]          a record STR ends the input; without STR none does
  -j, -P, --jobs N, --max-procs N
                           run N tasks at a time; 0: as many
      --protocol NAME      how it's asked: lines (the default), nul
      --wd DIR             run in DIR

More:
  {}   the record           {/}   its base name
       without any, the record comes last
`

func TestOptions(t *testing.T) {
	want := []Option{
		{Names: []string{"-a", "--arg-file"}, Value: "FILE", Text: "read records from FILE, and leave standard input to programs"},
		{Names: []string{"-0", "--null"}, Text: "records end with NUL"},
		{Names: []string{"--eof"}, Value: "STR", Optional: true, Text: "a record STR ends the input"},
		{Names: []string{"-j", "-P", "--jobs", "--max-procs"}, Value: "N", Text: "run N tasks at a time"},
		{Names: []string{"--protocol"}, Value: "NAME", Text: "how it's asked"},
		{Names: []string{"--wd"}, Value: "DIR", Text: "run in DIR"},
	}
	got := Options(help)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("option %d of\n%+v\nis not that of\n%+v", i+1, got, want)
		}
	}
}

// TestScript holds that each option is in each script, with what is special in a
// shell as text. What the shells make of it is tried with the whole program.
func TestScript(t *testing.T) {
	for _, shell := range Shells() {
		text, err := Script(shell, Options(help))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"arg-file", "null", "eof", "jobs", "max-procs", "protocol", "wd"} {
			if !strings.Contains(text, name) {
				t.Errorf("%s: nothing of %s", shell, name)
			}
		}
		if strings.Contains(text, "it's") {
			t.Errorf("%s: an apostrophe ends a quotation", shell)
		}
	}
	var unknown *ShellError
	if _, err := Script("tcsh", nil); !errors.As(err, &unknown) || unknown.Shell != "tcsh" {
		t.Errorf("got %v", err)
	}
}

package value

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var (
	_ pflag.Value = (*Duration)(nil)
	_ pflag.Value = (*Size)(nil)
	_ pflag.Value = (*Jobs)(nil)
	_ pflag.Value = (*Delim)(nil)
	_ pflag.Value = (*Progress)(nil)
)

// checkError fails unless err is one plain line.
func checkError(t *testing.T, in string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%q was accepted, want an error", in)
		return
	}
	if text := err.Error(); !strings.Contains(text, "want") || strings.ContainsAny(text, "\n\r\x00") {
		t.Errorf("%q: error %q is not one line that says what is wanted", in, text)
	}
}

// checkReadAgain holds that what is accepted can be shown and read again, and
// returns it; for anything else it returns zero.
func checkReadAgain[T comparable](t *testing.T, in string, parse func(string) (T, error), show func(T) string) T {
	t.Helper()
	got, err := parse(in)
	if err != nil {
		checkError(t, in, err)
		var zero T
		return zero
	}
	if again, err := parse(show(got)); err != nil || again != got {
		t.Errorf("%q is %v, shown as %q, read again %v, %v", in, got, show(got), again, err)
	}
	return got
}

// TestFlags drives every value through a flag set, as the command line does.
func TestFlags(t *testing.T) {
	var (
		d    Duration
		z    Size
		j    Jobs
		c    = Delim('\n')
		p    Progress
		args = []string{"--timeout=1.5", "--mem", "64K", "-j", "-1", "-d,", "--progress=plain", "rest"}
	)
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fs.Var(&d, "timeout", "")
	fs.Var(&z, "mem", "")
	fs.VarP(&j, "jobs", "j", "")
	fs.VarP(&c, "delimiter", "d", "")
	fs.Var(&p, "progress", "")
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	got := strings.Join([]string{d.String(), z.String(), j.String(), c.String(), p.String(), fs.Arg(0)}, " ")
	if want := "1.5s 64K -1 , plain rest"; got != want {
		t.Errorf("flags = %q, want %q", got, want)
	}
	if err := fs.Parse([]string{"--timeout=soon"}); err == nil {
		t.Error("--timeout=soon was accepted")
	}
	if d.String() != "1.5s" {
		t.Errorf("a refused value changed the old one to %v", d)
	}
	// Building the usage calls String and Type on zero values.
	if fs.FlagUsages() == "" {
		t.Error("no usage text")
	}
}

func TestProgress(t *testing.T) {
	for _, name := range []string{"auto", "bar", "plain", "none"} {
		var p Progress
		if err := p.Set(name); err != nil || p.String() != name {
			t.Errorf("Set(%q) = %v, then String() = %q", name, err, p)
		}
	}
	p := ProgressBar
	for _, name := range []string{"", "Bar", "yes", "auto "} {
		checkError(t, name, p.Set(name))
	}
	if p != ProgressBar {
		t.Errorf("a refused value changed the old one to %v", p)
	}
}

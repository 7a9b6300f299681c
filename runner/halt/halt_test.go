package halt

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var (
	_ pflag.Value = (*Policy)(nil)
	_ pflag.Value = (*TermSeq)(nil)
)

// checkError fails unless err is one plain line that says what is wanted.
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

func TestParse(t *testing.T) {
	const huge = "18446744073709551615"
	for in, want := range map[string]string{
		"never":                         "never",
		"0":                             "never",
		"1":                             "soon,fail=1",
		"2":                             "now,fail=1",
		"-1":                            "soon,success=1",
		"-2":                            "now,success=1",
		"5%":                            "soon,fail=5%",
		"100%":                          "soon,fail=100%",
		"now,fail=1":                    "now,fail=1",
		"now,fail=01":                   "now,fail=1",
		"soon,success=3":                "soon,success=3",
		"now,done=50%":                  "now,done=50%",
		"now=fail=1":                    "now,fail=1",
		"now,fail,1":                    "now,fail=1",
		"soon=fail,1":                   "soon,fail=1",
		"now,fail=0":                    "now,fail=0",
		"now,fail=99999999999999999999": "now,fail=" + huge,
	} {
		p, err := Parse(in)
		if err != nil || p.String() != want {
			t.Errorf("Parse(%q) = %v, %v; want %s", in, p, err, want)
		}
	}
	if p, _ := Parse("2"); p != FailFast() {
		t.Errorf("FailFast() = %v", FailFast())
	}
	if p, _ := Parse("soon,done=9%"); p.When() != Soon || p.Why() != Done || !p.NeedsTotal() {
		t.Errorf("%v: When %v, Why %v, NeedsTotal %v", p, p.When(), p.Why(), p.NeedsTotal())
	}
	if (Policy{}).NeedsTotal() || FailFast().NeedsTotal() {
		t.Error("a total is needed for what is no percentage")
	}
}

// All of these but the last two are refused by GNU parallel 20221122 too.
func TestParseErrors(t *testing.T) {
	for _, in := range []string{
		"", "3", "7", "99", "-3", "01", "00", "-0", "+1", "-1%", "1-99%", "10.5%", "%", "soon", "now", "now,", "soon,fail", "now,fail=",
		"now,f=1", "n,f=1", "NOW,fail=1", "now,Fail=1", " now,fail=1", "now,fail=1 ", "now,fail=+1", "now,fail=-1", "now,fail=1.5",
		"now,fail=%", "now,fail=1%%", "now,fail=0x1", "later,fail=1", "now,fail=1\n",
		"now,fail=1,x", "never,fail=1",
	} {
		_, err := Parse(in)
		checkError(t, in, err)
		p := FailFast()
		if p.Set(in) == nil || p != FailFast() {
			t.Errorf("Set(%q) changed the old value to %v", in, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, in := range []string{"never", "2", "-1", "5%", "now,fail=1", "soon=done,50%", "now,fail=99999999999999999999", "now,fail"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		p, err := Parse(in)
		if err != nil {
			checkError(t, in, err)
			return
		}
		if again, err := Parse(p.String()); err != nil || again != p {
			t.Fatalf("Parse(%q) = %v, read again %v, %v", in, p, again, err)
		}
		// Whatever was accepted can be counted for.
		c := New(p)
		c.SetTotal(3)
		for _, status := range []int{0, 7, 137} {
			c.Add(Result{Status: status})
		}
		if s := c.Status(); s < 0 || s > 255 {
			t.Fatalf("%v: status %d", p, s)
		}
	})
}

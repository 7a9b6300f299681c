package value

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

var (
	_ pflag.Value = (*Load)(nil)
	_ pflag.Value = (*Delay)(nil)
	_ pflag.Value = (*Timeout)(nil)
	_ pflag.Value = (*Patience)(nil)
)

func TestLoadResolve(t *testing.T) {
	tests := []struct {
		in   string
		cpus int
		want float64
	}{
		{"4", 8, 4},
		{"2.5", 8, 2.5},
		{"010", 8, 10},
		{" 4\n", 8, 4},
		{"0", 8, 0.01},
		{"0%", 8, 0.01},
		{"100%", 8, 8},
		{"12.5%", 8, 1},
		{"200%", 0, 2},
		{"+2", 8, 10},
		{"-1", 8, 7},
		{"-0.5", 8, 7.5},
		{"-8", 8, 0.01},
		{"-99", 8, 0.01},
		{"1000000", 1, MaxLoad},
	}
	for _, tt := range tests {
		l, err := ParseLoad(tt.in)
		if err != nil {
			t.Errorf("ParseLoad(%q): %v", tt.in, err)
			continue
		}
		if got := l.Resolve(tt.cpus); got != tt.want || !l.Limited() || l.File() != "" {
			t.Errorf("ParseLoad(%q).Resolve(%d) = %v, Limited %v, File %q; want %v", tt.in, tt.cpus, got, l.Limited(), l.File(), tt.want)
		}
	}
	if (Load{}).Limited() {
		t.Error("the zero value is a limit")
	}
}

func TestLoadShown(t *testing.T) {
	for in, want := range map[string]string{
		"4": "4", "0.0001": "0.0001", "1.005": "1.005", " 2.50\n": "2.50", "1000000": "1000000",
		"0": "0.01", "0.0": "0.01", "33%": "0.99", "+2": "5", "-0.5": "2.5", "-9": "0.01", "0.01%": "0.01",
	} {
		l, err := ParseLoad(in)
		if got := l.Shown(3); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestParseLoadErrors(t *testing.T) {
	for _, in := range []string{
		"", " ", "four", "0x10", "1e3", "++1", "--1", "+", "-", "%", "-5%", "+50%", "50%%", "1.2.3", "1000001", "99999999999999999999%",
		"no/such/file", t.TempDir(), os.DevNull, "a\x00b",
	} {
		_, err := ParseLoad(in)
		checkError(t, in, err)
	}
}

func TestLoadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "load")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("50%\n")
	var l Load
	if err := l.Set(name); err != nil || l.Resolve(8) != 4 || l.File() != name || l.String() != name {
		t.Fatalf("Set: %v; %+v", err, l)
	}
	write("2.5")
	l, err := l.Reload()
	if err != nil || l.Resolve(8) != 2.5 {
		t.Fatalf("Reload: %v; %+v", err, l)
	}
	write("many")
	l, err = l.Reload()
	checkError(t, "many", err)
	if l.Resolve(8) != 2.5 {
		t.Errorf("a bad file changed the load to %v", l.Resolve(8))
	}
}

func TestParseDelay(t *testing.T) {
	for in, want := range map[string]Delay{
		"0":          {},
		"0.1":        {First: 100 * time.Millisecond},
		"1m30s":      {First: 90 * time.Second},
		"0.1auto":    {First: 100 * time.Millisecond, Auto: true},
		"13m3sauto":  {First: 783 * time.Second, Auto: true},
		"auto":       {Auto: true},
		"2d3.5hauto": {First: 51*time.Hour + 30*time.Minute, Auto: true},
	} {
		got, err := ParseDelay(in)
		if err != nil || got != want {
			t.Errorf("ParseDelay(%q) = %v, %v; want %v", in, got, err, want)
			continue
		}
		if again, err := ParseDelay(got.String()); err != nil || again != got {
			t.Errorf("%v read again: %v, %v", got, again, err)
		}
	}
	for _, in := range []string{"", "autoauto", "1 auto", "-1", "-1auto", "AUTO", "auto1", "1xauto"} {
		_, err := ParseDelay(in)
		checkError(t, in, err)
	}
}

func TestTimeout(t *testing.T) {
	tests := []struct {
		in    string
		usual time.Duration
		want  time.Duration
		shown string
	}{
		{"0", time.Second, 0, "0s"},
		{"0%", time.Second, 0, "0s"},
		{"30", 0, 30 * time.Second, "30s"},
		{"1h30m", time.Second, 90 * time.Minute, "1h30m0s"},
		{"200%", 3 * time.Second, 6 * time.Second, "200%"},
		{"112.5%", 2 * time.Second, 2250 * time.Millisecond, "112.5%"},
		{"50%", 1, 1, "50%"}, // not zero, which would be no limit
		{"200%", 0, 2, "200%"},
		{"200%", math.MaxInt64, math.MaxInt64, "200%"},
		{"18446744073709551615%", time.Hour, math.MaxInt64, "18446744073709551615%"},
	}
	for _, tt := range tests {
		v, err := ParseTimeout(tt.in)
		if err != nil || v.String() != tt.shown {
			t.Errorf("ParseTimeout(%q) = %v, %v; want %s", tt.in, v, err, tt.shown)
			continue
		}
		if got, ok := v.Of(tt.usual); got != tt.want || ok != (tt.want > 0) {
			t.Errorf("%s of %v = %v, %v; want %v", tt.in, tt.usual, got, ok, tt.want)
		}
	}
	for _, in := range []string{"", "%", "-5%", "+5%", "5%%", "5 %", "1.5x", "99999999999999999999%", "1m%", "auto"} {
		_, err := ParseTimeout(in)
		checkError(t, in, err)
	}
}

func TestPatience(t *testing.T) {
	for in, want := range map[string]Patience{
		"0": 0, "3": Patience(3 * time.Second), "-3": Patience(-3 * time.Second), "-1m30s": Patience(-90 * time.Second), "0.5": Patience(time.Second / 2),
	} {
		var p, again Patience
		if err := p.Set(in); err != nil || p != want {
			t.Errorf("Set(%q) = %v, now %v; want %v", in, err, p, want)
		}
		if err := again.Set(p.String()); err != nil || again != p {
			t.Errorf("%v read again: %v, %v", p, again, err)
		}
	}
	p := Patience(time.Second)
	for _, in := range []string{"", "-", "--1", "+1", "- 1", "soon"} {
		checkError(t, in, p.Set(in))
	}
	if p != Patience(time.Second) {
		t.Errorf("a refused value changed the old one to %v", p)
	}
}

// FuzzPace leaves the file system out.
func FuzzPace(f *testing.F) {
	for _, in := range []string{"0.1auto", "auto", "200%", "+2", "-1", "12.5%", " 7 ", "-1m30s", "0%"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if d, err := ParseDelay(in); err == nil {
			if again, err := ParseDelay(d.String()); err != nil || again != d || d.First < 0 {
				t.Fatalf("delay %v read again %v, %v", d, again, err)
			}
		}
		if v, err := ParseTimeout(in); err == nil {
			again, err := ParseTimeout(v.String())
			if limit, ok := v.Of(time.Second); err != nil || again != v || limit < 0 || ok != (limit > 0) {
				t.Fatalf("timeout %v read again %v, %v; limit %v", v, again, err, limit)
			}
		}
		if l, ok, err := parseLoadText(in); err == nil && ok {
			again, ok, err := parseLoadText(l.String())
			if r := l.Resolve(4); err != nil || !ok || again != l || !(r > 0) {
				t.Fatalf("load %v read again %v, %v; %v", l, again, err, r)
			}
		}
	})
}

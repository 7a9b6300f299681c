package runner

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xpool/runner/on"
)

// places shows places in short.
func places(list []on.Place) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.Name())
		if p.Slots > 0 {
			b.WriteString(" x" + string(rune('0'+p.Slots)))
		}
		b.WriteString("; ")
	}
	return b.String()
}

func TestOnFlags(t *testing.T) {
	for _, c := range []struct {
		args string // separated by blanks; _ stands for one
		want func(o *Options) bool
	}{
		{"echo", func(o *Options) bool { return !o.On.away() }},
		{"--on ssh:a,2*b --on local echo", func(o *Options) bool { return places(o.On.Places) == "a; b x2; :; " }},
		{"--on cmd:far_end echo", func(o *Options) bool { return places(o.On.Places) == "far end; " }},
		{"--on ssh:a --ssh my_ssh echo", func(o *Options) bool { return slices.Equal(o.On.ssh(nil), []string{"my", "ssh"}) }},
		{"--on ssh:a --env A,B --env f echo", func(o *Options) bool {
			return o.On.sends("B=1") && o.On.sends("BASH_FUNC_f%%=() { :; }") && !o.On.sends("C=1")
		}},
		{"--on ssh:a --transfer --return {.}.o --bf lib --cleanup echo", func(o *Options) bool {
			return o.On.Files[0] == "{}" && o.On.Return[0] == "{.}.o" && o.On.Base[0] == "lib" && o.On.Cleanup
		}},
		{"--on ssh:a --trc {}.o --tf x --transferfile y echo", func(o *Options) bool {
			return slices.Equal(o.On.Files, []string{"{}", "x", "y"}) && o.On.Return[0] == "{}.o" && o.On.Cleanup
		}},
		{"--on ssh:a --workdir d echo", func(o *Options) bool { return o.Dir == "d" }},
	} {
		o, err := parseOptions(split(c.args))
		if err != nil || !c.want(&o) {
			t.Errorf("%s: %v, %+v", c.args, err, o.On)
		}
	}
	for _, args := range []string{
		"--on host echo", "--on ssh: echo", "--on ssh:a -o echo", "--on ssh:a --load 1 echo", "--on ssh:a --memfree 1G echo",
		"--on ssh:a --threads auto echo", "--on ssh:a --pipe --round-robin wc", "--on ssh:a --jobserver echo", "--on ssh:a --env A=1 echo", "--on ssh:a --env , echo",
		"--transfer echo", "--return x echo", "-S a echo",
	} {
		if o, err := parseOptions(split(args)); err == nil {
			t.Errorf("%s is taken: %+v", args, o.On)
		}
	}
}

// TestLoginFlags has the options of GNU parallel.
func TestLoginFlags(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.Mkdir(filepath.Join(home, ".parallel"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, ".parallel", "sshloginfile")
	if err := os.WriteFile(file, []byte("# mine\n3/one\nssh -p 1 two\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const mine = "one x3; ssh -p 1 two; "
	for _, c := range []struct{ args, want, jobs string }{
		{"-S : echo", "", ""},
		{"-S 4/: echo", "", "4"},
		{"-S 4/: -j 2 echo", "", "2"},
		{"-S a,: -M --filter-hosts echo", "a; :; ", ""},
		{"-S a --sshlogin 2/b echo", "a; b x2; ", ""},
		{"-S .. echo", mine, ""},
		{"--slf .. echo", mine, ""},
		{"--sshloginfile " + file + " echo", mine, ""},
	} {
		o, err := parseParallel("parallel", split(c.args), nil)
		if got := places(o.On.Places); err != nil || got != c.want || o.Jobs.String() != c.jobs {
			t.Errorf("%s: %q and -j %q, %v, want %q and %q", c.args, got, o.Jobs.String(), err, c.want, c.jobs)
		}
	}
	for _, args := range []string{"-S @g/a echo", "--slf " + home + "/none echo", "--slf /dev/null echo"} {
		if _, err := parseParallel("parallel", split(args), nil); err == nil {
			t.Errorf("%s is taken", args)
		}
	}
}

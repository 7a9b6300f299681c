package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"xpool/runner/on"
	"xpool/runner/value"
)

// onOptions say on which machines tasks run, and what of this one they need there.
type onOptions struct {
	Places []on.Place
	SSH    string   // what stands in for ssh, with its options; "" for ssh itself
	Env    []string // names of variables and functions that tasks find there too

	Files   []string // that each task needs, with replacement strings
	Return  []string // that each task makes, likewise
	Base    []string // that all need
	Cleanup bool     // all of those are removed there in the end
}

// away tells whether tasks run anywhere but in this process's own pool.
func (o *onOptions) away() bool { return len(o.Places) > 0 }

// numbered tells whether tasks run elsewhere and each place has a number of its own.
func (o *onOptions) numbered() bool {
	return o.away() && !slices.ContainsFunc(o.Places, func(p on.Place) bool { return p.Slots == 0 })
}

// transfers tells whether files go with the tasks.
func (o *onOptions) transfers() bool { return len(o.Files)+len(o.Return)+len(o.Base) > 0 }

// onFlags are about other machines.
func onFlags(f *pflag.FlagSet, o *Options) {
	n := &o.On
	f.Var(placesFlag{&n.Places, on.Parse}, "on", "")
	f.StringVar(&n.SSH, "ssh", "", "")
	f.Var(parseFlag(func(s string) error {
		n.Env = append(n.Env, strings.Split(s, ",")...)
		return nil
	}), "env", "")

	add := func(to *[]string) pflag.Value {
		return parseFlag(func(s string) error { *to = append(*to, s); return nil })
	}
	boolFlag(f, switchFlag(func() { n.Files = append(n.Files, "{}") }), "transfer", "")
	for _, name := range []string{"transferfile", "tf"} {
		f.Var(add(&n.Files), name, "")
	}
	f.Var(add(&n.Return), "return", "")
	f.BoolVar(&n.Cleanup, "cleanup", false, "")
	f.Var(parseFlag(func(s string) error {
		n.Files, n.Return, n.Cleanup = append(n.Files, "{}"), append(n.Return, s), true
		return nil
	}), "trc", "")
	for _, name := range []string{"basefile", "bf"} {
		f.Var(add(&n.Base), name, "")
	}
}

// loginFlags are the words of GNU parallel for other machines.
func loginFlags(f *pflag.FlagSet, o *Options) {
	f.VarP(placesFlag{&o.On.Places, parseLogins}, "sshlogin", "S", "")
	for _, name := range []string{"sshloginfile", "slf"} {
		f.Var(placesFlag{&o.On.Places, readLogins}, name, "")
	}
}

// placesFlag takes places to run on, and adds them to the others.
type placesFlag struct {
	to    *[]on.Place
	parse func(text string) ([]on.Place, error)
}

func (placesFlag) String() string { return "" }
func (placesFlag) Type() string   { return "place" }

func (p placesFlag) Set(s string) error {
	places, err := p.parse(s)
	*p.to = append(*p.to, places...)
	return err
}

// parseLogins reads the value of -S, of which ".." and "." are the user's file of
// logins and the system's.
func parseLogins(list string) ([]on.Place, error) {
	if list == "." || list == ".." {
		return readLogins(list)
	}
	return on.ParseLogins(list)
}

// readLogins reads a file of logins, of which "-" is standard input.
func readLogins(name string) ([]on.Place, error) {
	switch name {
	case "-":
		return on.ReadLogins(os.Stdin)
	case ".":
		name = "/etc/parallel/sshloginfile"
	case "..":
		name = filepath.Join(os.Getenv("HOME"), ".parallel", "sshloginfile")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	places, err := on.ReadLogins(f)
	if err == nil && len(places) == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return places, nil
}

// settleLogins makes an ordinary run of one whose only login is ":", this machine.
func (o *Options) settleLogins() {
	if len(o.On.Places) == 0 || slices.ContainsFunc(o.On.Places, func(p on.Place) bool { return p.Way != on.Local }) {
		return
	}
	slots := 0
	for _, p := range o.On.Places {
		slots += p.Slots
	}
	if slots > 0 && o.Jobs.String() == "" {
		_ = o.Jobs.Set(fmt.Sprint(slots)) // it is a number
	}
	o.On.Places = nil
}

func (o *Options) validateOn() error {
	n := &o.On
	if !n.away() {
		if n.transfers() && o.As != asParallel { // which takes no notice of them
			return errors.New("--transferfile, --return and --basefile are for tasks on other machines (--on)")
		}
		return nil
	}
	for _, wrong := range []struct {
		is   bool
		what string
	}{
		{o.OpenTTY, "--open-tty: the terminal is here"},
		{o.Jobs.File() != "", "--jobs FILE: give the number, or that of each machine (--on ssh:8*HOST)"},
		{o.Jobserver.Serves(), "--jobserver: the slots are those of other machines; a make there has its own -j"},
		{o.Pace.Load != (value.Load{}) || o.Pace.MemFree > 0 || o.Pace.NoSwap, "--load, --memfree and --noswap: they look at this machine"},
		{o.Pipe.RoundRobin, "--round-robin: a task there begins when it has all of its standard input"},
		{o.Threads < 0, "--threads auto: it looks at this machine; give a number"},
	} {
		if wrong.is {
			return fmt.Errorf("--on cannot be combined with %s", wrong.what)
		}
	}
	for _, name := range n.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("--env: %q is no name of a variable", name)
		}
	}
	return nil
}

// ssh are the words of what stands in for ssh, nil for ssh itself.
func (n *onOptions) ssh(env environment) []string {
	for _, s := range []string{n.SSH, env.get("XPOOL_SSH"), env.get("PARALLEL_SSH")} {
		if words := strings.Fields(s); len(words) > 0 {
			return words
		}
	}
	return nil
}

// sends tells whether the user has named a variable, which is given with its value, or
// the function that it has.
func (n *onOptions) sends(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	if function, ok := strings.CutPrefix(name, functionPrefix); ok {
		name = strings.TrimSuffix(function, functionSuffix)
	}
	return slices.Contains(n.Env, name)
}

package runner

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"

	"xpool/runner/value"
)

// reuseOptions say that the workers are those of a server, which several calls share.
// The zero value is a run with workers of its own.
type reuseOptions struct {
	On   bool
	Name string // of the server; "" is none

	List bool // show the servers instead of a run

	Stop     bool // end them instead of a run: those with the name StopName
	StopName string
	StopAll  bool // or all
}

// reuseIdle is how long a server is idle before it ends, and its workers with it, if
// the user does not say.
const reuseIdle = 5 * time.Minute

// reuseFlags are the options of servers.
func reuseFlags(f *pflag.FlagSet, o *Options) {
	r := &o.Reuse
	f.Var(serverFlag(func(name string) { r.On, r.Name = true, name }), "reuse", "")
	f.Lookup("reuse").NoOptDefVal = noServerName
	boolFlag(f, switchFlag(func() { r.List = true }), "reuse-list", "")
	f.Var(serverFlag(func(name string) { r.Stop, r.StopName, r.StopAll = true, name, name == "" }), "reuse-stop", "")
	f.Lookup("reuse-stop").NoOptDefVal = noServerName
}

// settleReuse gives a server the time that it has, if the user does not say.
func (o *Options) settleReuse(f *pflag.FlagSet) {
	if o.Reuse.On && !f.Changed("idle-timeout") {
		o.IdleTimeout = value.Duration(reuseIdle)
	}
}

// reuses tells whether tasks run in the workers of a server.
func (o *Options) reuses() bool { return o.Reuse.On && !o.DryRun && o.kind() != programKind }

// nothingToReuse is a warning for who wants a server without workers that stay; ""
// is none.
func (o *Options) nothingToReuse() string {
	if !o.Reuse.On || o.DryRun || o.kind() != programKind {
		return ""
	}
	return "--reuse: a program is a new process for each task, which leaves nothing to reuse; " +
		"--shell, --lang and --worker have workers that stay"
}

// noServerName is what a flag without a name sets: it cannot be typed.
const noServerName = "\x00"

// maxServerName is how long a server's name may be, in bytes.
const maxServerName = 200

// serverFlag takes the name of a server, or none.
type serverFlag func(name string)

func (serverFlag) String() string { return "" }
func (serverFlag) Type() string   { return "name" }

func (set serverFlag) Set(name string) error {
	switch {
	case name == noServerName:
		name = ""
	case name == "":
		return errors.New("want a name behind the =, or no =")
	case len(name) > maxServerName:
		return fmt.Errorf("a name has at most %d bytes", maxServerName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("a name has no control characters")
	}
	set(name)
	return nil
}

// validateReuse says what is wrong with the options of servers.
func (o *Options) validateReuse() error {
	r := &o.Reuse
	switch {
	case (r.List || r.Stop) && (len(o.Command) > 0 || o.hasSources()):
		return errors.New("--reuse-list and --reuse-stop run no command" + o.loose.advice())
	case r.List && r.Stop:
		return errors.New("--reuse-list and --reuse-stop exclude each other")
	case r.On && o.On.away():
		return errors.New("--reuse keeps workers on this machine, and --on runs none here: give one of them")
	case r.On && o.OpenTTY:
		return errors.New("--reuse: the workers of a server have no terminal, which --open-tty asks for")
	}
	return nil
}

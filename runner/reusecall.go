package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/reuse"
)

// openServer finds out which server has the workers of the run, if that is what was
// asked for. It is started when the first task waits.
func (r *run) openServer() error {
	o := &r.opts
	if !o.reuses() {
		return nil
	}
	kind := r.command.kind(r.terminal)
	id, err := r.serverIdentity(kind)
	if err != nil {
		return fmt.Errorf("--reuse: %w", err)
	}
	d, err := reuse.OpenDirectory(r.found.get)
	if err != nil {
		return fmt.Errorf("--reuse: %w", err)
	}
	r.server = &serverCall{kind: kind, client: &reuse.Client{Directory: d, Identity: id.Hash(), Spec: reuse.Spec{
		Program: guardProgram(), Env: r.found, Name: o.Reuse.Name, Command: o.serverCommand(r.command), IdleTimeout: time.Duration(o.IdleTimeout),
	}}}
	return nil
}

// serverIdentity is what makes the workers of this run those of another call.
func (r *run) serverIdentity(kind pool.Kind) (*reuse.Identity, error) {
	o := &r.opts
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	dir := o.Dir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(wd, dir)
	}
	id := &reuse.Identity{
		Name: o.Reuse.Name, Config: serverConfig(kind, o), Dir: dir, Env: r.taskEnv(), Program: guardProgram(),
	}
	env := environment(id.Env)
	switch k := kind.(type) {
	case *pool.Shell:
		id.Files = []string{env.resolve(k.Path)}
	case *pool.Interpreter:
		id.Files = []string{env.resolve(k.Path)}
	case *pool.Coprocess:
		id.Files = append(reuse.FilesOf(k.Argv[1:], dir), env.resolve(k.Argv[0]))
	}
	return id, nil
}

// serverConfig is what the workers are made of, as far as the options say it.
func serverConfig(kind pool.Kind, o *Options) (config [][]byte) {
	add := func(values ...any) { config = append(config, fmt.Appendf(nil, "%q", values)) }
	switch k := kind.(type) {
	case *pool.Shell:
		add("shell", k.Path, k.Body, k.Names, k.Stdin, k.Init)
	case *pool.Interpreter:
		add("interpreter", k.Path, int(k.Language), k.Code, k.Call, k.Init)
	case *pool.Coprocess:
		add("coprocess", k.Argv, int(k.Protocol), k.Prefetch, k.Multiplex, k.Cancel)
	}
	add("slots", o.SlotVar, int(o.As))
	add("limits", o.IdleTimeout.String(), o.InitTimeout.String(), o.KillAfter.String(), fmt.Sprint(o.termSteps()))
	add("wear", strconv.Itoa(o.RecycleTasks), strconv.FormatInt(o.RecycleRSS, 10))
	add("nice", strconv.Itoa(o.Nice))
	return config
}

// serverCommand shows what a server's workers run to a person.
func (o *Options) serverCommand(c command) string {
	switch c := c.(type) {
	case *codeCommand:
		return shorten(filepath.Base(c.interpreter) + " " + strings.TrimSpace(c.code))
	case *coprocessCommand:
		return showWords(c.words)
	case *linesCommand:
		return shorten(filepath.Base(c.shell) + ": a command in each record")
	}
	return shorten(filepath.Base(o.shell(nil)) + " " + o.source())
}

// serverCall is how a run gets at its server: it is the only host of a pool.Remote.
type serverCall struct {
	kind   pool.Kind // of the server's workers
	client *reuse.Client
}

// remote is the kind of the run's pool. What it knows of the far end is in the key
// already: that the key is the same there is all that has to be checked.
func (c *serverCall) remote(r *run) pool.Kind {
	o := &r.opts
	k := &pool.Remote{
		Hosts: []pool.RemoteHost{{Slots: -1, Dial: c.dial}}, // without a name it is this machine
		Inner: c.kind, Key: c.client.Identity, Dir: o.Dir, Env: r.taskEnv(), Bare: true,
		Uncharged: true,
		Log:       func(_ string, line []byte) { r.log(append(slices.Clone(line), '\n')) },
	}
	if o.SlotVar != "" {
		k.SlotVars = append(k.SlotVars, pool.RemoteSlotVar{Name: o.SlotVar, Plus: -1})
	}
	if o.As == asParallel {
		k.SlotVars = append(k.SlotVars, pool.RemoteSlotVar{Name: "PARALLEL_JOBSLOT"})
	}
	return k
}

func (c *serverCall) dial(ctx context.Context) (pool.RemoteConn, error) { return c.client.Dial(ctx) }

// close gives back what the call has used. The server stays.
func (c *serverCall) close() {
	if c != nil {
		c.client.Reap()
		c.client.Directory.Close()
	}
}

// explain is an error of the pool as one with workers of its own would have it: that
// they are those of a server does not matter to what is wrong with them. What is wrong
// with the server itself is said of it.
func (c *serverCall) explain(err error) error {
	host, ok := errors.AsType[*pool.HostError](err)
	if !ok || c == nil {
		return err
	}
	_, broken := errors.AsType[*pool.BrokenError](host.Err)
	_, start := errors.AsType[*crashdetect.StartError](host.Err)
	if broken || start {
		return host.Err
	}
	return fmt.Errorf("--reuse: the server: %w", host.Err)
}

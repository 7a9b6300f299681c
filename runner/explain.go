package runner

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"xpool/pool/cpucount"
	"xpool/runner/reuse"
	"xpool/runner/rows"
)

// explanation is what --explain tells of a command line: facts, each with its name.
type explanation struct{ b strings.Builder }

func (e *explanation) say(name, format string, args ...any) {
	fmt.Fprintf(&e.b, "%-9s %s\n", name+":", fmt.Sprintf(format, args...))
}

// explain shows what the options come to, and runs nothing and reads no record.
func (s streams) explain(o Options) Status {
	r := &run{opts: o, streams: s, found: s.env}
	r.opts.note = func(string) {}
	for _, step := range []func() error{r.setUpEnvironment, r.setUpJobs, func() (err error) {
		r.command, err = newCommand(&r.opts, r.streams.env)
		return err
	}} {
		if err := step(); err != nil {
			o.say(s.stderr, err.Error())
			return o.usageStatus()
		}
	}
	var e explanation
	r.explainKind(&e)
	r.explainRecords(&e)
	r.explainJobs(&e, int(r.jobs.Load()))
	r.explainPlace(&e)
	r.explainOutput(&e)
	return s.show(e.b.String())
}

// explainKind says what runs tasks, and why that was chosen.
func (r *run) explainKind(e *explanation) {
	o := &r.opts
	switch c := r.command.(type) {
	case *programCommand:
		why := "several words"
		switch {
		case o.Exec:
			why = "--exec"
		case len(o.Command) == 1:
			why = "one word without blanks or shell characters"
		}
		e.say("kind", "a program: a process for each task, without a shell (%s)", why)
		e.say("program", "%s", r.streams.env.resolve(o.Command[0]))
	case wholeCommand:
		e.say("kind", "a program: as xargs runs it")
	case *codeCommand:
		e.say("kind", "code in interpreters that stay (%s)", r.streams.env.resolve(c.interpreter))
	case *coprocessCommand:
		e.say("kind", "programs that stay, asked by %s (%s)", c.protocol, r.streams.env.resolve(c.words[0]))
	case *linesCommand:
		e.say("kind", "each record is a command line, in shells that stay (there is no command)")
		r.explainShell(e)
	default:
		why := "one word with blanks or shell characters"
		if o.Shell {
			why = "--shell"
		}
		e.say("kind", "a script in shells that stay (%s)", why)
		r.explainShell(e)
	}
	if c, ok := r.command.(*scriptCommand); ok {
		r.explainScript(e, c)
	}
	if _, ok := r.command.(*programCommand); ok {
		e.say("example", "%s", shorten(r.exampleLine()))
	}
}

func (r *run) explainShell(e *explanation) {
	env, why := r.streams.env, "the default"
	shell := r.opts.shell(env)
	switch {
	case env.get("XPOOL_SHELL") == shell:
		why = "XPOOL_SHELL"
	case shell == "bash":
		why = "the environment has functions that bash has exported"
	}
	e.say("shell", "%s (%s)", env.resolve(shell), why)
}

// explainScript says where the record goes, and whether a subshell is needed.
func (r *run) explainScript(e *explanation, c *scriptCommand) {
	switch {
	case c.script.Appended:
		e.say("record", "appended to the last command, as the script has no replacement string")
	case c.script.Positional:
		e.say("record", "in $1, as the script uses positional parameters")
	default:
		e.say("record", "where the replacement strings stand, as data")
	}
	runs := "in a subshell of the worker"
	switch {
	case c.noFork:
		runs = "in the worker itself (--no-fork): what it changes stays"
	case c.script.Harmless && c.init == "":
		runs = "in the worker itself: the script leaves nothing behind"
	}
	if c.isBrief() {
		runs += "; sent ahead, as it runs builtins only"
	}
	e.say("runs", "%s", runs)
}

// exampleLine is the command of a task whose record is an example.
func (r *run) exampleLine() string {
	t := &task{run: r, seq: 1, args: []string{"RECORD"}}
	return r.command.line(t.context(1))
}

// explainRecords says where records come from, and what ends one.
func (r *run) explainRecords(e *explanation) {
	o := &r.opts
	form := "lines"
	switch {
	case o.Words:
		form = "blank-separated words, with quotes"
	case o.Null:
		form = "ended by NUL"
	case o.Delim != '\n':
		form = "ended by " + o.Delim.String()
	}
	var from []string
	files := false
	for _, source := range o.Input.Sources {
		from = append(from, sourceName(source))
		files = files || len(source.Files) > 0
	}
	switch {
	case o.Pipe.on():
		e.say("input", "blocks of standard input (--pipe)")
	case files:
		e.say("input", "%s: %s", strings.Join(from, ", "), form)
	default:
		e.say("input", "%s", strings.Join(from, ", "))
	}
	if o.severalRecords() {
		e.say("tasks", "of several records each")
	}
}

// sourceName is what a source of records is called here.
func sourceName(s rows.Spec) string {
	if len(s.Files) == 0 {
		if len(s.Words) == 1 {
			return "1 record behind :::"
		}
		return fmt.Sprintf("%d records behind :::", len(s.Words))
	}
	names := make([]string, len(s.Files))
	for i, name := range s.Files {
		if names[i] = shorten(name); name == "-" {
			names[i] = "standard input"
		}
	}
	return strings.Join(names, ", ")
}

// explainJobs says how many tasks run at a time, and what set that number.
func (r *run) explainJobs(e *explanation, jobs int) {
	asked := r.asked.String()
	switch {
	case jobs == manyJobs:
		e.say("jobs", "as many as there are tasks (%s)", asked)
	case asked == "":
		e.say("jobs", "%d, the CPUs that may be used (%s)", jobs, cpucount.Explain().Why)
	case r.opts.Jobs.String() == "":
		e.say("jobs", "%d (XPOOL_JOBS=%s)", jobs, asked)
	default:
		e.say("jobs", "%d (-j %s)", jobs, asked)
	}
}

// explainPlace says where the workers are.
func (r *run) explainPlace(e *explanation) {
	o := &r.opts
	for _, p := range o.On.Places {
		e.say("on", "%s", p.Name())
	}
	if !o.reuses() {
		return
	}
	id, err := r.serverIdentity(r.command.kind(terminal{}))
	if err != nil {
		e.say("reuse", "%v", err)
		return
	}
	d, err := reuse.OpenDirectory(r.found.get)
	if err != nil {
		e.say("reuse", "%v", err)
		return
	}
	defer d.Close()
	e.say("reuse", "key %s in %s (%s)", id.Hash(), filepath.Clean(d.Path()), r.serverState(d, id.Hash()))
}

// serverState tells whether the server of a key runs.
func (r *run) serverState(d *reuse.Directory, key string) string {
	if info, ok := reuse.Find(context.Background(), d, key); ok {
		return fmt.Sprintf("its server runs, pid %d", info.Pid)
	}
	return "no server yet"
}

// explainOutput says in which order and form results come out.
func (r *run) explainOutput(e *explanation) {
	o := &r.opts
	switch {
	case o.Ungroup:
		e.say("output", "as it comes, mixed")
	case o.LineBuffer:
		e.say("output", "line by line, as they come")
	case o.Unordered || o.endOrder():
		e.say("output", "each result in one piece, as it ends")
	default:
		e.say("output", "each result in one piece, in the order of the records")
	}
}

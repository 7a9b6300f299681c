package runner

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"xpool/crashdetect"
	"xpool/pool/cpucount"
	"xpool/runner/reuse"
	"xpool/runner/rows"
	"xpool/runner/script"
)

// explanation is what --explain tells of a command line: facts, each with its name.
type explanation struct{ b strings.Builder }

func (e *explanation) say(name, format string, args ...any) {
	fmt.Fprintf(&e.b, "%-9s %s\n", name+":", fmt.Sprintf(format, args...))
}

// explain shows what the options come to, and runs nothing and reads no record.
func (s streams) explain(o Options) Status {
	r := &run{opts: o, streams: s, found: s.env}
	r.opts.note, r.opts.ShowLimits = func(string) {}, false
	for _, step := range []func() error{r.setUpEnvironment, r.setUpJobs, r.checkFiles, func() (err error) {
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
	case semCommand:
		r.explainSemaphore(e)
	case *programCommand:
		why := "several words"
		switch {
		case o.Exec:
			why = "--exec"
		case len(o.Command) == 1:
			why = "one word without blanks or shell characters"
		}
		e.say("kind", "a program: a process for each task, without a shell (%s)", why)
		e.say("program", "%s", r.programFile(o.Command[0], c.fixed))
	case wholeCommand:
		e.say("kind", "a program: a process for each task, as xargs runs it")
		e.say("program", "%s", r.programFile(o.Command[0], true))
	case *codeCommand:
		e.say("kind", "code in interpreters that stay (%s)", r.programFile(c.interpreter, true))
	case *coprocessCommand:
		e.say("kind", "programs that stay, asked by %s (%s)", c.protocol, r.programFile(c.words[0], true))
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
	switch c := r.command.(type) {
	case *scriptCommand:
		r.explainScript(e, c)
	case *listCommand:
		r.explainScript(e, c.scriptCommand)
	case *programCommand, wholeCommand:
		r.explainWords(e)
	}
}

// unreadHeader is said of where a record goes if that depends on the header.
const unreadHeader = "where the replacement strings stand, or else appended: the columns of the header are known only when it is read"

// namesColumns tells whether columns have names, which nobody knows yet.
func (r *run) namesColumns() bool {
	return r.opts.Rows.Header != rows.NoHeader && !r.opts.Pipe.on()
}

// explainSemaphore says what becomes of the command of sem.
func (r *run) explainSemaphore(e *explanation) {
	if r.opts.Sem.Wait {
		e.say("kind", "no command: wait until nobody holds the semaphore (--wait)")
		return
	}
	e.say("kind", "one command, which a shell runs once while it holds a semaphore")
	r.explainShell(e)
}

// programFile is the file that a program's name stands for, or why it cannot be run, as
// the run would say it. Of a name that is not fixed, that of another machine, or one that
// starts from --wd, nothing is known here.
func (r *run) programFile(name string, fixed bool) string {
	env, path := r.streams.env, r.streams.env.get("PATH")
	elsewhere := r.opts.On.away() || r.opts.Dir != "" && strings.Contains(name, "/")
	if !fixed || elsewhere || path == "" {
		return env.resolve(name)
	}
	file, err := crashdetect.LookPath(name, path)
	if err != nil {
		return r.command.explain(err)
	}
	return file
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

// madeCode is said of a record that what runs takes as code.
const madeCode = "what eval, ssh or the -c of a shell makes of it there is code"

// explainScript says where the record goes, and whether a subshell is needed.
func (r *run) explainScript(e *explanation, c *scriptCommand) {
	e.say("record", "%s", r.scriptRecord(c.script))
	if r.namesColumns() {
		return // what the script comes to is not known either
	}
	runs := "in a subshell of the worker"
	switch {
	case c.noFork:
		runs = "in the worker itself (--no-fork): what it changes stays"
	case c.script.Lists: // which is another script for each number of records
	case c.script.Harmless && c.init == "":
		runs = "in the worker itself: the script leaves nothing behind"
	}
	if c.isBrief() && !c.script.Lists {
		runs += "; sent ahead, as it runs builtins only"
	}
	e.say("runs", "%s", runs)
}

// scriptRecord says where the record goes in a script.
func (r *run) scriptRecord(s *script.Script) string {
	switch {
	case r.namesColumns():
		return unreadHeader
	case s.Appended && s.AsCode:
		return "appended to the last command: " + madeCode
	case s.Appended:
		return "appended to the last command, as the script has no replacement string"
	case s.Positional && len(r.opts.replacements()) == 0: // otherwise several records may be there
		return "in $1, as the script uses positional parameters"
	case len(s.Values) == 0 && !s.Positional && r.opts.Pipe.on():
		return "a block on standard input"
	case len(s.Values) == 0 && !s.Positional:
		return "not used, as the script has no place for it"
	case s.AsCode:
		return "where the replacement strings stand: " + madeCode
	}
	return "where the replacement strings stand, as data"
}

// explainRecords says where records come from, and what ends one.
func (r *run) explainRecords(e *explanation) {
	o := &r.opts
	if o.Sem.On {
		e.say("input", "no records")
		return
	}
	form := "lines"
	switch {
	case o.Words && o.Packing.replaces:
		form = "lines, with quotes"
	case o.Words:
		form = "blank-separated words, with quotes"
	case o.Null:
		form = "ended by NUL"
	case o.Delim != '\n':
		form = "ended by " + o.Delim.String()
	}
	sources := o.Input.Sources
	if o.As == asXargs {
		sources = []rows.Spec{{Files: []string{"-"}}}
		if len(o.Files) > 0 {
			sources[0].Files = o.Files
		}
	}
	var from []string
	files := false
	for _, source := range sources {
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
	r.explainTasks(e)
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
	from := "-j " + asked
	if r.opts.As == asXargs {
		from = "-P " + asked
	} else if r.opts.Jobs.String() == "" {
		from = "XPOOL_JOBS=" + asked
	}
	switch {
	case r.opts.Sem.Wait:
	case r.opts.Sem.On:
		e.say("jobs", "%d may hold the semaphore at a time", r.opts.holders())
	case r.opts.On.numbered():
		e.say("jobs", "on each machine as many as --on gives it")
	case r.opts.On.away() && asked == "":
		e.say("jobs", "as many on each machine as it has CPUs, where --on gives no number")
	case r.opts.On.away():
		e.say("jobs", "those of each machine, where --on gives no number (%s)", from)
	case jobs == manyJobs:
		e.say("jobs", "as many as there are tasks (%s)", from)
	case asked == "":
		e.say("jobs", "%d, the CPUs that may be used (%s)", jobs, cpucount.Explain().Why)
	default:
		e.say("jobs", "%d (%s)", jobs, from)
	}
}

// explainPlace says where the workers are.
func (r *run) explainPlace(e *explanation) {
	o := &r.opts
	for _, p := range o.On.Places {
		name := shorten(p.Name())
		if p.Slots > 0 {
			name += fmt.Sprintf(" (%d at a time)", p.Slots)
		}
		e.say("on", "%s", name)
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
	case o.Sem.On:
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

package runner

import (
	"strings"
	"time"

	"xpool/pool"
	"xpool/runner/halt"
	"xpool/runner/jobserver"
	"xpool/runner/rows"
	"xpool/runner/template"
	"xpool/runner/value"
)

// Options are what the command line asks for.
type Options struct {
	As   as
	Name string // what messages to the user begin with

	Invoked  []string // the words of the command line, for those who look at reports
	Command  []string // the program and its arguments, a script, or nothing
	Operands []string // the records after ":::"
	HasArgs  bool     // whether there was a ":::"

	Files []string
	Null  bool
	Delim value.Delim
	Words bool // records are blank-separated words, as for xargs; Delim does not count

	End    string // the record that ends the input
	HasEnd bool

	Packing packing
	Rows    rowOptions
	Input   rows.Call // the command and its sources, as the words after the options say

	Shell  bool // the command is a shell script
	Exec   bool // the command is a program
	NoFork bool

	Lang     string // the interpreter that runs the command, which is code
	Call     string // a function that is called instead, as module:function
	Worker   bool   // the command is a co-process
	Protocol pool.Protocol

	Prefetch  int  // how many records a co-process may hold beyond the one it answers
	Multiplex int  // slots that one co-process serves; 0: one, without being asked
	Cancel    bool // a co-process can be asked to give a task up

	Init      string   // run in each worker before its first task
	InitFiles []string // of which Init was read, as far as it was

	Jobs        value.Jobs
	Jobserver   jobserver.Mode
	IdleTimeout value.Duration
	InitTimeout value.Duration
	Threads     int // that each task is to use; -1: what the CPUs have for it; 0: nothing is said

	RecycleTasks int
	RecycleRSS   int64 // as pool.Options has it

	Timeout      value.Timeout
	Halt         halt.Policy
	FailFast     bool // that was asked for by --fail-fast, if it is still that
	TermSeq      halt.TermSeq
	HasTermSeq   bool
	Pace         paceOptions
	Record       recordOptions
	Reports      reportOptions
	Pipe         pipeOptions
	Sem          semOptions
	Reuse        reuseOptions
	On           onOptions
	StallTimeout value.Duration
	MemLimit     value.Size
	CrashLimit   int
	Retries      int // how often a task is tried in all, 0 for once
	RetryDelay   value.Duration
	KillAfter    value.Duration

	Unordered  bool
	Ungroup    bool
	LineBuffer bool   // lines come out as they come
	Tag        bool   // lines begin with the task's record, or with TagString
	TagString  string // with replacement strings
	DryRun     bool   // commands are shown, and not run
	KeepOrder  bool   // the default, for those who write it
	NoRun      bool   // -r: the default too
	RunEmpty   bool   // the command alone is run if there is no record
	Quiet      bool
	Progress   value.Progress

	Show        bool   // show each command before what it prints
	Verbose     bool   // show each command before it runs
	Interactive bool   // ask about each command before it runs; shows it as well
	OpenTTY     bool   // tasks read the terminal
	Dir         string // of the tasks
	TempDir     string // "" for that of the environment
	Nice        int    // that the tasks add to theirs
	SlotVar     string
	ShowLimits  bool

	Explain    bool   // what the command line means is shown, and nothing is run
	Completion string // the shell whose completion script is shown
	Help       bool
	Version    bool

	parallel parallelOnlyOptions

	loose   looseValue        // the command's first word, if an option was to have it perhaps
	strings template.Set      // the replacement strings of the run
	note    func(line string) // tells the user something while the run goes on
	log     func(text []byte) // shows whole lines of a worker's own meanwhile
}

// as is a program whose command line is understood and whose habits are kept.
type as uint8

const (
	asXpool as = iota
	asXargs
	asParallel
)

// defaultOptions are the options before the command line has been read.
func defaultOptions() Options {
	return Options{
		Name:        "xpool",
		Delim:       '\n',
		IdleTimeout: value.Duration(10 * time.Second),
		InitTimeout: value.Duration(30 * time.Second),
		CrashLimit:  1,
		KillAfter:   value.Duration(2 * time.Second),
		Progress:    value.ProgressNone,
	}
}

// setWords finds the command and the sources among the words after the options.
func (o *Options) setWords(words []string) error {
	syntax := o.Rows.Syntax
	syntax.ArgFiles, syntax.Join = o.Files, o.As != asParallel
	call, err := syntax.Parse(words)
	if err != nil {
		return err
	}
	o.Input, o.Command = call, call.Command
	if o.Record.RetryFailed {
		o.Command = nil // it is that of the log
	}
	if o.As == asParallel && len(o.Command) == 1 && o.Command[0] == "{}" { // as if there were none
		o.Command = nil
	}
	if s := call.Sources; len(s) == 1 && len(s[0].Files) == 0 {
		o.Operands, o.HasArgs = s[0].Words, true
	} else if len(s) == 1 {
		o.Files = s[0].Files
	}
	return o.setStrings()
}

// kind says what the command is.
type commandKind int

const (
	programKind commandKind = iota // a program and its arguments
	scriptKind                     // a shell script
	linesKind                      // each record is a shell command line
	codeKind                       // code for an interpreter
	workerKind                     // a co-process
)

func (o *Options) kind() commandKind {
	switch {
	case o.Lang != "" || o.Call != "":
		return codeKind
	case o.Worker:
		return workerKind
	case len(o.Command) == 0:
		return linesKind
	case o.Shell:
		return scriptKind
	case o.Exec, len(o.Command) > 1, !looksLikeScript(o.Command[0], o.set()):
		return programKind
	default:
		return scriptKind
	}
}

// severalRecords tells whether a task may have more than one record.
func (o *Options) severalRecords() bool {
	return o.Packing.asked && !o.Packing.replaces || o.usesRows()
}

// each tells whether a word of the command is repeated for each of several records,
// as a whole.
func (o *Options) each() bool {
	return o.Rows.Context || (o.Rows.MaxRows > 0 || o.Packing.limits.MaxLines > 0) && !o.Rows.Fill
}

// triesAgain tells whether a task may have several attempts: with a server because that
// may be killed, which is no failure of the task's.
func (o *Options) triesAgain() bool { return o.CrashLimit > 1 || o.Retries > 1 || o.reuses() }

// set are the replacement strings of the run.
func (o *Options) set() template.Set { return o.strings }

// setStrings makes the replacement strings of the run from what was asked for.
func (o *Options) setStrings() (err error) {
	c := o.Rows.template.Config
	c.Value = o.Packing.limits.Replace
	o.strings, err = template.New(c)
	if o.As == asXpool && !o.severalRecords() {
		o.strings = o.strings.OfOneColumn()
	}
	return err
}

// looksLikeScript tells whether the only word of a command needs a shell: it has
// blanks, or characters that are special there, outside of replacement strings.
func looksLikeScript(word string, set template.Set) bool {
	const special = " \t\n|&;<>()$`\\\"'*?~{}"
	rest := word
	for _, t := range set.Scan(word) {
		rest = strings.Replace(rest, word[t.Start:t.End], "", 1)
	}
	return strings.ContainsAny(rest, special)
}

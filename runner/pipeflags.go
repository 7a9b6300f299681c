package runner

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"xpool/runner/block"
	"xpool/runner/rows"
	"xpool/runner/value"
)

// pipeOptions say how tasks get data on their standard input, in the words of GNU
// parallel.
type pipeOptions struct {
	Pipe       bool
	Part       bool  // --pipe-part: parts of the files of -a
	Block      int64 // bytes; negative: parts for each slot
	RecStart   *string
	RecEnd     *string
	Regexp     bool
	RemoveSep  bool
	RoundRobin bool
	Cat        bool
	Fifo       bool
	Tee        bool
	Header     string
}

// on tells whether tasks get data.
func (p *pipeOptions) on() bool { return p.Pipe || p.Part }

// blocks tells whether tasks have no records, but pieces of the data, by which they
// are told apart.
func (p *pipeOptions) blocks() bool { return p.on() && !p.Tee }

// pipeFlags are the options about data for tasks.
func pipeFlags(f *pflag.FlagSet, o *Options) {
	p := &o.Pipe
	for _, name := range []string{"pipe", "spreadstdin"} {
		f.BoolVar(&p.Pipe, name, false, "")
	}
	for _, name := range []string{"pipe-part", "pipepart"} {
		f.BoolVar(&p.Part, name, false, "")
	}
	for _, name := range []string{"block", "block-size"} {
		f.Var(blockFlag{&p.Block}, name, "")
	}
	f.Var(textFlag(func(s string) { p.RecStart = &s }), "recstart", "")
	f.Var(textFlag(func(s string) { p.RecEnd = &s }), "recend", "")
	f.BoolVar(&p.Regexp, "regexp", false, "")
	for _, name := range []string{"remove-rec-sep", "rrs"} {
		f.BoolVar(&p.RemoveSep, name, false, "")
	}
	for _, name := range []string{"round-robin", "round"} {
		f.BoolVar(&p.RoundRobin, name, false, "")
	}
	f.BoolVar(&p.Cat, "cat", false, "")
	f.BoolVar(&p.Fifo, "fifo", false, "")
	f.BoolVar(&p.Tee, "tee", false, "")
}

// blockFlag takes the size of a block.
type blockFlag struct{ to *int64 }

func (blockFlag) String() string { return "" }
func (blockFlag) Type() string   { return "size" }

func (b blockFlag) Set(s string) error {
	if digits, negative := strings.CutPrefix(s, "-"); negative {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > math.MaxInt32 {
			return errors.New("want a size, or a number of blocks for each job, such as -1")
		}
		*b.to = int64(-n)
		return nil
	}
	n, err := value.ParseSize(s)
	if err == nil && n == 0 {
		err = errors.New("a block has one byte at least")
	}
	if err == nil {
		*b.to = n
	}
	return err
}

// blockOptions are for package block.
func (o *Options) blockOptions() (block.Options, error) {
	p := &o.Pipe
	b := block.Options{
		Size: p.Block, RecStart: p.RecStart, RecEnd: p.RecEnd, Regexp: p.Regexp, RemoveSep: p.RemoveSep,
		Records: max(o.Rows.MaxRows, o.Packing.limits.MaxArgs), Lines: o.Packing.limits.MaxLines, Buffers: 2,
		OnGrow: func(from, to int64) {
			if o.As == asParallel {
				o.note("Warning: A record was longer than " + strconv.FormatInt(from, 10) +
					". Increasing to --blocksize " + strconv.FormatInt(to, 10) + ".")
			}
		},
		OnNoHeader: func(string) { o.note("the input does not begin with the --header") },
	}
	if o.Null && p.RecEnd == nil {
		end := `\0`
		b.RecEnd = &end
	}
	var err error
	b.Header, err = block.ParseHeader(o.Pipe.Header)
	return b, err
}

// validatePipe says what is wrong with the options about data.
func (o *Options) validatePipe() error {
	p := &o.Pipe
	if !p.on() {
		switch {
		case p.RoundRobin, p.Cat, p.Fifo, p.Tee:
			return errors.New("--round-robin, --cat, --fifo and --tee are for --pipe")
		case p.RecStart != nil, p.RecEnd != nil, p.Block != 0, p.Regexp, p.RemoveSep:
			return errors.New("--block, --recstart, --recend, --regexp and --rrs are for --pipe and --pipe-part")
		}
		return nil
	}
	switch kind := o.kind(); {
	case kind == linesKind:
		return errors.New("--pipe needs a command")
	case kind == codeKind, kind == workerKind:
		return errors.New("--pipe is for programs and shell scripts: code and workers get records")
	case p.Part && (p.RoundRobin || p.Tee):
		return errors.New("--pipe-part has no --round-robin and no --tee: each part is a task already")
	case p.RoundRobin && o.reuses():
		return errors.New("--reuse does not go with --round-robin, which keeps nothing that a task has read: a server may be killed")
	case p.RoundRobin && o.triesAgain():
		return errors.New("--retries and --crash-limit do not go with --round-robin, which keeps nothing that a task has read")
	case runtime.GOOS != "linux" && !p.Cat && !p.Fifo:
		return errors.New("--pipe needs --cat or --fifo on this system, which has no way to hand a task an open file by name")
	case p.Cat && p.Fifo, p.RoundRobin && (p.Cat || p.Fifo || p.Tee):
		return errors.New("only one of --cat, --fifo, --tee and --round-robin says how a task gets its data")
	case o.Interactive:
		return errors.New("--interactive does not go with --pipe")
	}
	if err := o.validateData(); err != nil {
		return err
	}
	b, err := o.blockOptions()
	switch {
	case err != nil:
		return err
	case p.Part:
		return b.ValidateParts()
	default:
		return b.Validate()
	}
}

// validateData says what is wrong with where the data comes from.
func (o *Options) validateData() error {
	words := slices.ContainsFunc(o.Input.Sources, func(s rows.Spec) bool { return s.Files == nil })
	switch p := &o.Pipe; {
	case p.Tee && slices.Contains(o.pipeFiles(), "-") && o.hasSources():
		return errors.New("with --tee, standard input is the data, and cannot be a source of records too")
	case p.Tee:
		return nil
	case words:
		return errors.New("with --pipe and --pipe-part, files and standard input are the data, and ::: is for --tee")
	case p.Part && !o.hasSources():
		return errors.New("--pipe-part needs a file, which -a or :::: names")
	case p.Part && slices.Contains(o.pipeFiles(), "-"):
		return errors.New("--pipe-part cannot cut standard input into parts: name its file, or use --pipe")
	}
	return nil
}

// hasSources tells whether the command line names sources of records.
func (o *Options) hasSources() bool {
	s := o.Input.Sources
	return len(s) > 1 || len(s) == 1 && !slices.Equal(s[0].Files, []string{"-"})
}

// pipeFiles are the files of data.
func (o *Options) pipeFiles() (names []string) {
	for _, s := range o.Input.Sources {
		names = append(names, s.Files...)
	}
	return names
}

// appends tells whether a command without a replacement string gets its records as
// its last arguments. One that reads data does so only if it reads a file.
func (o *Options) appends() bool { return !o.Pipe.on() || o.Pipe.Cat || o.Pipe.Fifo }

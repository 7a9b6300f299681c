package runner

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"xpool/runner/block"
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
	case p.Part && len(o.Files) == 0:
		return errors.New("--pipe-part needs a file, given with -a or after :::: at the end")
	case p.Part && (p.RoundRobin || p.Tee):
		return errors.New("--pipe-part has no --round-robin and no --tee: each part is a task already")
	case !p.Part && !p.Tee && o.HasArgs:
		return errors.New("with --pipe, the data is on standard input, and ::: is for --tee")
	case p.Cat && p.Fifo, p.RoundRobin && (p.Cat || p.Fifo || p.Tee):
		return errors.New("only one of --cat, --fifo, --tee and --round-robin says how a task gets its data")
	case o.Interactive:
		return errors.New("--interactive does not go with --pipe")
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

// appends tells whether a command without a replacement string gets its records as
// its last arguments. One that reads data does so only if it reads a file.
func (o *Options) appends() bool { return !o.Pipe.on() || o.Pipe.Cat || o.Pipe.Fifo }

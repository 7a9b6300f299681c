// Package pack puts records together into commands, as many in each as GNU xargs puts.
//
// Sizes are counted as GNU xargs counts them: each string of a command, its own name and the initial arguments too, has
// its length and one byte. So the same input makes the same commands, and what does not fit is refused in the same words.
// There is one exception: where a command within the limits turns out to be more than the kernel takes, because it also
// counts a pointer for each string, xargs tries smaller and smaller ones. A Packer knows the kernel's rule and ends the
// command before it (Limits.KernelSize).
//
// A command is handed out as soon as it is known to be complete: with MaxArgs and MaxLines when its last record has come,
// with a limit on the size alone when the first record has come that it has no room for.
package pack

import (
	"errors"
	"strings"

	"xpool/runner/input"
)

// Limits say how much goes into one command. The zero value packs as xargs without options does on a system whose
// limits are out of the way.
type Limits struct {
	// MaxArgs is the highest number of records in a command (-n). Zero or less means no limit.
	MaxArgs int

	// MaxLines is the highest number of lines in a command (-L); see input.Record.LineGoesOn. Zero or less means no
	// limit. It implies Exit.
	MaxLines int

	// MaxChars is the largest size of a command in bytes (-s). Zero or less means DefaultMaxChars.
	MaxChars int

	// Exit makes it an error that MaxChars comes before MaxArgs or MaxLines (-x). It also says what becomes, when the
	// Packer fails, of the records that wait for a command: they are dropped, and without Exit they still get one.
	Exit bool

	// Replace is the string whose every occurrence in the initial arguments, but not in the name of the command, is
	// replaced with the record (-I). Each record makes one command then; MaxArgs and MaxLines do not count, and Exit is
	// implied. Empty means that records are appended.
	Replace string

	// KernelSize is how much the kernel takes: the size of a command and PointerSize for each of its strings. Zero or
	// less means no limit. System.Limits sets it.
	KernelSize int

	// MaxString is the longest string in bytes, without its NUL, that the kernel takes. Zero or less means no limit.
	// System.Limits sets it.
	MaxString int
}

// SizeError says that a record or a command is too large. It is a string so that its values can be constants; they
// are the texts of GNU xargs.
type SizeError string

func (e SizeError) Error() string { return string(e) }

// What ends a Packer, besides the error of its source.
const (
	// LineTooLong: a record alone, beside the initial arguments, is more than MaxChars.
	LineTooLong SizeError = "argument line too long"

	// ListTooLong: MaxChars came before MaxArgs or MaxLines with Exit, or the command that a record makes with Replace is
	// more than MaxChars.
	ListTooLong SizeError = "argument list too long"

	// CannotFit: the initial arguments alone are more than MaxChars, which is told before anything is read, or leave no
	// room for as much as an empty record. With Replace: the name of the command is more than MaxChars.
	CannotFit SizeError = "cannot fit single argument within argument list size limit"

	// CommandTooLong: one argument is more than MaxChars after Replace.
	CommandTooLong SizeError = "command too long"

	// KernelRefuses: a command with one record is more than KernelSize, or one of its strings is more than MaxString.
	KernelRefuses SizeError = "can't call exec() due to argument size restrictions"
)

// Packer makes commands from the records of a source. It is owned by one goroutine.
type Packer struct {
	src     input.Source
	initial []string // the name of the command and its initial arguments
	lim     Limits   // with the defaults filled in

	initialChars int // the size of initial
	args         []string
	chars        int   // the size of the command being made, initial included, as xargs counts it
	kernel       int   // the same as the kernel counts it
	lines        int   // the lines that are complete in the command being made
	started      bool  // with Replace: a command was made
	err          error // set once; told when args has been handed out or dropped
}

// New returns a Packer of the records in src. The command is its name and the initial arguments; it has at least the name,
// is kept, and is not changed. The Packer does not own src.
func New(src input.Source, command []string, l Limits) *Packer {
	if l.MaxChars <= 0 {
		l.MaxChars = DefaultMaxChars
	}
	if l.MaxLines > 0 || l.Replace != "" {
		l.Exit = true
	}
	p := &Packer{src: src, initial: command, lim: l, initialChars: size(command)}
	p.reset()
	if l.Replace == "" && p.initialChars > l.MaxChars {
		p.err = CannotFit
	}
	return p
}

// MaxRecord returns the length of the longest record that a Packer with these limits takes, for input.Options.MaxRecord:
// with it a longer record is told at the byte where xargs gives up on it. It is at least 1.
func (l Limits) MaxRecord(command []string) int {
	chars := l.MaxChars
	if chars <= 0 {
		chars = DefaultMaxChars
	}
	if l.Replace == "" {
		chars -= size(command)
	}
	return max(1, chars-1)
}

// Next returns the next command, name and initial arguments included; the caller owns the slice. A string that a record
// brings is cut at its first NUL byte, because no program can get more of it; all of it counts in the size.
//
// At the end of the source the error is io.EOF. Without Replace, xargs runs the initial arguments alone if there was no
// record; that is the caller's to do. Any other error is a SizeError or the source's own. Once Next has returned an error
// it returns the same for ever.
func (p *Packer) Next() ([]string, error) {
	for p.err == nil {
		if p.full() {
			return p.flush(), nil
		}
		rec, err := p.src.Next()
		if err != nil {
			p.end(err)
			break
		}
		if p.lim.Replace != "" {
			return p.replace(rec)
		}
		if args := p.add(rec); args != nil {
			return args, nil
		}
	}
	if p.pending() > 0 {
		return p.flush(), nil
	}
	return nil, p.err
}

// end ends the Packer with an error of the source. For xargs, input that cannot be read has ended, and a quote without
// its match is a failure like a record that is too long.
func (p *Packer) end(err error) {
	var quote *input.QuoteError
	if errors.As(err, &quote) {
		p.fail(err)
		return
	}
	p.err = err
}

// fail ends the Packer with err; the records that wait are dropped if xargs drops them.
func (p *Packer) fail(err error) {
	p.err = err
	if p.lim.Exit {
		p.reset()
	}
}

// add puts rec into the command being made. If there is no room for it that command is complete, and returned, and rec
// starts the next.
func (p *Packer) add(rec input.Record) (complete []string) {
	chars := len(rec.Text) + 1
	text := cutNUL(rec.Text)
	switch {
	case rec.Bad != nil || tooLong(chars, p.lim.MaxChars-p.initialChars):
		p.fail(LineTooLong)
		return nil
	case p.chars+chars > p.lim.MaxChars:
		if p.pending() == 0 {
			p.fail(CannotFit)
			return nil
		}
		if p.lim.Exit && (p.lim.MaxArgs > 0 || p.lim.MaxLines > 0) {
			p.fail(ListTooLong)
			return nil
		}
		complete = p.flush()
	case !p.kernelTakes(text) && p.pending() > 0:
		complete = p.flush()
	}
	if !p.kernelTakes(text) {
		p.err = KernelRefuses // found by xargs when the records before it have run
		return complete
	}
	p.push(text, chars)
	if !rec.LineGoesOn {
		p.lines++
	}
	return complete
}

// replace returns the command that rec makes.
func (p *Packer) replace(rec input.Record) ([]string, error) {
	room := p.lim.MaxChars
	if p.started {
		// xargs takes the name of the command into account from its second record on. It can also be without any room.
		room -= len(p.initial[0]) + 1
	}
	p.started = true
	if rec.Bad != nil || tooLong(len(rec.Text)+1, room) {
		p.err = LineTooLong
		return nil, p.err
	}
	if p.err = p.substitute(rec.Text); p.err != nil {
		p.args = nil
		return nil, p.err
	}
	return p.flush(), nil
}

// substitute puts the initial arguments with record in them into the command being made.
func (p *Packer) substitute(record string) error {
	p.args, p.chars, p.kernel = make([]string, 0, len(p.initial)), 0, 0
	if len(p.initial[0]) >= p.lim.MaxChars {
		return CannotFit
	}
	p.push(p.initial[0], len(p.initial[0])+1)
	for _, arg := range p.initial[1:] {
		// The length is reckoned first, so that a long record in a hundred places is refused before it is written.
		length := len(arg) + strings.Count(arg, p.lim.Replace)*(len(record)-len(p.lim.Replace))
		switch {
		case length >= p.lim.MaxChars-1:
			return CommandTooLong
		case p.chars+length+1 > p.lim.MaxChars:
			return ListTooLong
		}
		text := cutNUL(strings.ReplaceAll(arg, p.lim.Replace, record))
		if !p.kernelTakes(text) {
			return KernelRefuses
		}
		p.push(text, length+1)
	}
	return nil
}

// push appends a string to the command being made; chars is its size.
func (p *Packer) push(text string, chars int) {
	p.args = append(p.args, text)
	p.chars += chars
	p.kernel += len(text) + 1 + PointerSize
}

// kernelTakes says whether the command being made may have text as one more string.
func (p *Packer) kernelTakes(text string) bool {
	if p.lim.MaxString > 0 && len(text) > p.lim.MaxString {
		return false
	}
	return p.lim.KernelSize <= 0 || p.kernel+len(text)+1+PointerSize <= p.lim.KernelSize
}

// pending returns how many records are in the command being made.
func (p *Packer) pending() int {
	return max(0, len(p.args)-len(p.initial))
}

// full says whether the command being made has all that MaxArgs or MaxLines lets in.
func (p *Packer) full() bool {
	return p.lim.MaxArgs > 0 && p.pending() >= p.lim.MaxArgs || p.lim.MaxLines > 0 && p.lines >= p.lim.MaxLines
}

// flush returns the command being made and starts the next.
func (p *Packer) flush() []string {
	args := p.args
	p.args = make([]string, 0, len(args)) // the next one is likely to be as long
	p.reset()
	return args
}

// reset starts a command afresh.
func (p *Packer) reset() {
	if p.lim.Replace != "" {
		return // substitute starts it
	}
	p.args = append(p.args[:0], p.initial...)
	p.chars = p.initialChars
	p.kernel = p.initialChars + len(p.initial)*PointerSize
	p.lines = 0
}

// tooLong says whether xargs gives up on a record of this size while it reads it: it looks only when it has a byte to put
// down, so an empty record never is.
func tooLong(chars, room int) bool { return chars > 1 && chars > room }

// size returns the size of strings as xargs counts it.
func size(strings []string) int {
	n := 0
	for _, s := range strings {
		n += len(s) + 1
	}
	return n
}

// cutNUL returns s up to its first NUL byte.
func cutNUL(s string) string {
	text, _, _ := strings.Cut(s, "\x00")
	return text
}

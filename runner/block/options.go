package block

import (
	"fmt"
	"math"
)

// DefaultSize is the size of a block in bytes where none is given: 1 MiB, as in GNU parallel.
const DefaultSize = 1 << 20

// Options say where records end and how many of them make a block. The zero value is lines in blocks of DefaultSize.
type Options struct {
	// Size is --block: the bytes that a block holds at most, without its header. It grows, by 30 % a time and for good,
	// while a record does not fit. 0 means DefaultSize. A Parter's are at least so large, and may be negative: each job gets
	// -Size parts then, and PartsPerJob if it is 0.
	Size int64

	// RecEnd and RecStart are --recend and --recstart: a record ends after RecEnd, and a record begins with RecStart; if
	// both are given and not empty, a border is where the one follows the other directly. nil means not given. If neither
	// is, a record ends after a newline; if all that is given is empty, any place is a border.
	//
	// They are read as by Unescape; with Regexp, as Perl's regular expressions, see Regexp.
	RecEnd, RecStart *string

	// Regexp is --regexp. Both strings are regular expressions in Perl's notation with its flag m, as far as package regexp
	// can do them: what it cannot (looking around, going back to a group, ...) is a *RegexpError. A dot is a character of
	// UTF-8 or, outside of such, a byte.
	Regexp bool

	// RemoveSep is --remove-rec-sep: what RecEnd and RecStart match is taken out of the blocks. A block that this leaves
	// empty, without even a header, is not handed out.
	RemoveSep bool

	// Records is -N: the number of records in a block, whatever their size. 0 means as many as fit in Size. Where any
	// place is a border, a record is a byte.
	Records int

	// Lines is -L: a record is that many lines, whatever RecEnd and RecStart say, which then are only for RemoveSep. 0 means
	// not given.
	Lines int

	// Header says what stands at the front of the input, and is repeated at the front of each block.
	Header Header

	// Buffers bounds how many blocks are in memory: these and that which is being read. Less than 2 means 2. With Records,
	// blocks that were read together share a buffer, which is free when all of them are released.
	Buffers int

	// OnGrow is told that a record did not fit into blocks of from bytes, and that these have to bytes from now on. It is
	// called by Next; nil means that nobody wants to know.
	OnGrow func(from, to int64)

	// OnNoHeader is told that the input does not begin with Header and is taken to have none. It is called by Next, for a
	// Parter with the name of the file, for a Splitter with "". nil means that nobody wants to know.
	OnNoHeader func(name string)
}

// RegexpError says that a regular expression in Perl's notation cannot be used.
type RegexpError struct {
	Option  string // "--recend", "--recstart" or "--header"; "--regexp" for both of the former together
	Pattern string // as it was given
	Reason  string
}

func (e *RegexpError) Error() string {
	return fmt.Sprintf("%s: cannot use the regular expression %q: %s", e.Option, e.Pattern, e.Reason)
}

// An OptionError says that an option has a bad value or does not go with what is wanted.
type OptionError struct {
	Option string // such as "-N"
	Reason string
}

func (e *OptionError) Error() string { return e.Option + ": " + e.Reason }

// Validate returns what is wrong with o for a Splitter; it does not read or write anything.
func (o Options) Validate() error {
	if o.Size < 0 {
		return &OptionError{"--block", "a negative size is for --pipe-part only"}
	}
	_, err := newCutter(o)
	return err
}

// ValidateParts returns what is wrong with o for a Parter; it does not read or write anything.
func (o Options) ValidateParts() error {
	switch {
	case o.Records != 0:
		return &OptionError{"-N", "does not go with --pipe-part, which does not count records; use --recstart and --recend"}
	case o.Lines != 0:
		return &OptionError{"-L", "does not go with --pipe-part, which does not count lines; use --recstart and --recend"}
	case o.RemoveSep:
		return &OptionError{"--remove-rec-sep", "does not go with --pipe-part, which does not read the data"}
	}
	_, err := newCutter(o)
	return err
}

// A cutter is Options made ready for use.
type cutter struct {
	sep     separator
	header  matcher // nil without a header
	size    int     // of a block; what Options.Size says, or its default
	records int     // in a block; 0 without Options.Records
	lines   int     // in a record; 0 without Options.Lines
}

// maxSize bounds the size of a block in bytes; far above what any machine holds, it keeps sums from overflowing.
const maxSize = 1 << 44

func newCutter(o Options) (*cutter, error) {
	c := &cutter{size: DefaultSize, records: o.Records, lines: o.Lines}
	if o.Size > 0 {
		c.size = int(o.Size)
	}
	switch {
	case o.Records < 0:
		return nil, &OptionError{"-N", "negative"}
	case o.Lines < 0:
		return nil, &OptionError{"-L", "negative"}
	case o.Size > maxSize || o.Size > math.MaxInt/2:
		return nil, &OptionError{"--block", "too large"}
	}
	var err error
	if c.sep, err = newSeparator(o); err != nil {
		return nil, err
	}
	c.header, err = o.Header.compile()
	return c, err
}

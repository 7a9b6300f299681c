package runner

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"xpool/runner/input"
	"xpool/runner/pack"
)

// batch is what one task gets of the input.
type batch struct {
	args  []string  // the records; for xargs the whole command
	bad   error     // why it cannot be run
	seq   int64     // its number; 0 for the one after the last
	input taskInput // its data, nil if it has none
}

// batcher makes batches of records. It is owned by the feeder.
type batcher interface {
	// next returns the next batch. The error is io.EOF at the end, and otherwise
	// what ends the run.
	next() (batch, error)
}

// single makes a batch of each record.
type single struct{ source input.Source }

func (s single) next() (batch, error) {
	rec, err := s.source.Next()
	return batch{args: []string{rec.Text}, bad: rec.Bad}, err
}

// several makes batches of as many records as the packer lets in.
type several struct {
	packer *pack.Packer
	sieve  *sieve
	words  int // of the command, with which the packer's begin
}

// newSeveral returns a batcher of the records in src for a command of those
// words. A record that no command can have gets a batch of its own, to fail
// alone; with a limit of the user's own it ends the run as it does for xargs.
func newSeveral(src input.Source, command []string, l pack.Limits, own bool) *several {
	s := &several{words: len(command), sieve: &sieve{Source: src, lines: l.MaxLines > 0}}
	if !own {
		s.sieve.most = l.MaxRecord(command)
		if l.MaxString > 0 {
			s.sieve.most = min(s.sieve.most, l.MaxString)
		}
	}
	s.packer = pack.New(s.sieve, command, l)
	return s
}

func (s *several) next() (batch, error) {
	if b, ok := s.sieve.pop(); ok {
		return b, nil
	}
	words, err := s.packer.Next()
	if err != nil {
		if b, ok := s.sieve.pop(); ok {
			return b, nil // the packer tells its error again
		}
		return batch{}, err
	}
	return batch{args: words[s.words:]}, nil
}

// sieve keeps back the records that would spoil a command for others.
type sieve struct {
	input.Source
	most  int  // the longest record that is let through, 0 for no such limit
	lines bool // a line goes on after a blank at its end
	kept  []batch
}

func (s *sieve) Next() (input.Record, error) {
	for {
		rec, err := s.Source.Next()
		if err != nil {
			return rec, err
		}
		bad := rec.Bad
		switch {
		case bad != nil:
		case strings.IndexByte(rec.Text, 0) >= 0:
			bad = errors.New("the record has a NUL byte, which no command can be given")
		case s.most > 0 && len(rec.Text) > s.most:
			bad = fmt.Errorf("the record is %d bytes long, more than the %d that a command has room for", len(rec.Text), s.most)
		}
		if bad == nil {
			rec.LineGoesOn = s.lines && (strings.HasSuffix(rec.Text, " ") || strings.HasSuffix(rec.Text, "\t"))
			return rec, nil
		}
		// Any number of them may come before the packer's next command is full.
		shown := strings.Clone(rec.Text[:min(len(rec.Text), 4*labelMost)])
		s.kept = append(s.kept, batch{args: []string{shown}, bad: bad})
	}
}

func (s *sieve) pop() (batch, bool) {
	if len(s.kept) == 0 {
		return batch{}, false
	}
	b := s.kept[0]
	s.kept = s.kept[1:]
	return b, true
}

// commands makes whole commands, as GNU xargs does.
type commands struct {
	packer   *pack.Packer
	initial  []string
	runEmpty bool // the command alone is run if there is no record
	begun    bool
}

func (c *commands) next() (batch, error) {
	words, err := c.packer.Next()
	if err == io.EOF && c.runEmpty && !c.begun {
		words, err = c.initial, nil
	}
	c.begun = true
	return batch{args: words}, err
}

// unreplaceable makes no batch at all: xargs finds a command too long in which
// the empty string were to be replaced in an argument that is not empty.
type unreplaceable struct{ source input.Source }

func (u unreplaceable) next() (batch, error) {
	rec, err := u.source.Next()
	switch {
	case err != nil:
		return batch{}, err
	case rec.Bad != nil:
		return batch{}, pack.LineTooLong
	}
	return batch{}, pack.CommandTooLong
}

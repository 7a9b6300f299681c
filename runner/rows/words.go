package rows

import (
	"io"

	"xpool/runner/input"
)

// Syntax says how Parse reads the words after the options. The zero value is that of GNU parallel without options.
type Syntax struct {
	// ArgSep and FileSep are what stands before records and before names of files (--arg-sep, --arg-file-sep); empty
	// means ":::" and "::::". Each with a + at its end links the source to the one before. A word that is both is taken
	// for FileSep.
	ArgSep, FileSep string

	// ArgFiles are the values of -a, in their order. They are sources before all others.
	ArgFiles []string

	// Join makes one source of ArgFiles, which are read one after the other. Otherwise each is a source of its own, as in
	// GNU parallel.
	Join bool
}

// Spec says where the records of one source come from.
type Spec struct {
	Words  []string // the records themselves, perhaps none; they count if there are no Files
	Files  []string // read one after the other; "-" is standard input
	Linked bool     // goes with the source before instead of being combined with it
}

// Call is what Parse finds in the words after the options.
type Call struct {
	Command []string // perhaps none: then the records are commands
	Sources []Spec   // at least one
}

// parseError is a string so that its values can be constants.
type parseError string

func (e parseError) Error() string { return string(e) }

// ErrStdinTwice is what Parse returns when two sources name standard input. GNU parallel hands out its records to them
// in turn, in an order of its own.
const ErrStdinTwice = parseError("standard input can be only one of the sources")

// Parse splits words at the separators. The first one ends the command. Each ArgSep begins one source, and each name
// after a FileSep is one. Without any name or separator the records come from standard input.
//
// A source is linked to the one before it, be that one of ArgFiles; the first of all is linked to none. GNU parallel means
// the same, but with -a it links other sources than those that are written.
//
// The result shares the memory of words and ArgFiles, and appending to a part of it does not change them.
func (s Syntax) Parse(words []string) (Call, error) {
	sources := s.argFileSources()
	first := s.next(words)
	call := Call{Command: words[:first:first]}
	for i := first; i < len(words); {
		files, linked := s.separator(words[i])
		end := i + 1 + s.next(words[i+1:])
		group := words[i+1 : end : end]
		i = end
		if !files {
			sources = append(sources, Spec{Words: group, Linked: linked && len(sources) > 0})
			continue
		}
		for j := range group {
			sources = append(sources, Spec{Files: group[j : j+1 : j+1], Linked: linked && len(sources) > 0})
		}
	}
	if len(sources) == 0 {
		sources = []Spec{{Files: []string{"-"}}}
	}
	call.Sources = sources
	if countStdin(sources) > 1 {
		return call, ErrStdinTwice
	}
	return call, nil
}

func (s Syntax) argFileSources() []Spec {
	files := s.ArgFiles[:len(s.ArgFiles):len(s.ArgFiles)]
	if s.Join && len(files) > 0 {
		return []Spec{{Files: files}}
	}
	var sources []Spec
	for i := range files {
		sources = append(sources, Spec{Files: files[i : i+1 : i+1]})
	}
	return sources
}

// next returns how many words stand before the first separator.
func (s Syntax) next(words []string) int {
	for i, w := range words {
		if s.isSeparator(w) {
			return i
		}
	}
	return len(words)
}

func (s Syntax) isSeparator(word string) bool {
	args, files := s.separators()
	return word == files || word == files+"+" || word == args || word == args+"+"
}

// separator says what kind of source begins with a separator.
func (s Syntax) separator(word string) (files, linked bool) {
	args, fileSep := s.separators()
	switch word {
	case fileSep:
		return true, false
	case fileSep + "+":
		return true, true
	}
	return false, word != args
}

func (s Syntax) separators() (args, files string) {
	args, files = s.ArgSep, s.FileSep
	if args == "" {
		args = ":::"
	}
	if files == "" {
		files = "::::"
	}
	return args, files
}

func countStdin(sources []Spec) int {
	n := 0
	for _, s := range sources {
		for _, name := range s.Files {
			if name == "-" {
				n++
			}
		}
	}
	return n
}

// Open returns the sources of the call for New. No file is opened before its first record is asked for; then it is
// handed to open and closed as input.Files says, with o for all of them.
func (c Call) Open(open func(name string) (io.ReadCloser, error), o input.Options) []Source {
	sources := make([]Source, len(c.Sources))
	for i, spec := range c.Sources {
		sources[i] = Source{Words: spec.Words, Linked: spec.Linked}
		if len(spec.Files) > 0 {
			sources[i].Records = input.Files(spec.Files, open, o)
			sources[i].Name = spec.Files[0]
		}
	}
	return sources
}

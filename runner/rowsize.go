package runner

import (
	"strings"

	"xpool/runner/template"
)

// parallelLine is how long a command line of GNU parallel may be on Linux: of the
// longest argument it keeps 3000 bytes for itself and takes half of the rest.
const parallelLine = (maxCommandLine - 3000) / 2

// sizer tells how long a command becomes by the records of a task, with each
// replacement string as often as it stands there.
type sizer struct {
	base  int              // of a command without any record
	texts []*template.Text // what each record adds, with a blank
	quote bool             // values stand in a shell script
}

// newSizer returns a sizer for the command, of which tasks get several records.
func (o *Options) newSizer() *sizer {
	command := strings.Join(o.Command, " ")
	s := &sizer{base: len(command), quote: o.As == asParallel}
	set := o.set()
	add := func(text string) {
		if t, err := template.ParseText(text, set); err == nil {
			s.texts = append(s.texts, t)
			s.base -= len(text) + len(" ")
		}
	}
	parts := []string{command}
	if o.each() {
		parts = strings.Fields(command)
	}
	for _, part := range parts {
		for _, t := range set.Scan(part) {
			if t.Err != nil || !t.Rep.Lists() {
				continue
			}
			if o.each() {
				add(part)
				break
			}
			add(part[t.Start:t.End])
		}
	}
	if len(s.texts) == 0 {
		s.base += len(" {}")
		add("{}")
	}
	if !s.quote { // xargs counts the byte that ends the last word
		s.base++
	}
	return s
}

// size is what a row adds to the size of its task.
func (s *sizer) size(args []string) (n int) {
	for _, a := range args {
		if s.quote {
			a = shellWord(a)
		}
		for _, t := range s.texts {
			n += len(t.Expand(template.Context{Args: []string{a}})) + len(" ")
		}
	}
	return n
}

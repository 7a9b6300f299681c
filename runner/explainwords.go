package runner

import (
	"fmt"
	"math"
	"strings"

	"xpool/runner/input"
	"xpool/runner/rows"
	"xpool/runner/script"
)

// explainWords says where the record goes in the words of a program.
func (r *run) explainWords(e *explanation) {
	if r.namesColumns() {
		e.say("record", "%s", unreadHeader)
		return
	}
	if words, appended := r.opts.scriptWords(); script.AsCode(words) {
		where := "where the replacement strings stand"
		if appended {
			where = "appended"
		}
		e.say("record", "%s: %s", where, madeCode)
	}
	if line, ok := r.exampleLine(); ok {
		e.say("example", "%s", shorten(line))
	}
}

// scriptWords are the words of a program as package script looks at them, with one for
// the record if it is appended.
func (o *Options) scriptWords() (words []script.Word, appended bool) {
	replaced := func(word string) int {
		if tokens := o.set().Scan(word); len(tokens) > 0 {
			return tokens[0].Start
		}
		return -1
	}
	appended = o.appends() && !o.Rows.NoArgs
	if o.As == asXargs {
		what, replaces := o.Packing.limits.Replace, o.Packing.replaces
		appended = !replaces
		replaced = func(word string) int {
			if !replaces {
				return -1
			}
			return strings.Index(word, what)
		}
	}
	for _, text := range o.Command {
		w := script.Word{Lead: text}
		if at := replaced(text); at >= 0 {
			w, appended = script.Word{Lead: text[:at], Replaced: true}, false
		}
		words = append(words, w)
	}
	if appended {
		words = append(words, script.Word{Replaced: true})
	}
	return words, appended
}

// exampleLine is the command of a task whose records are an example. There is none if
// xargs has no room for it.
func (r *run) exampleLine() (line string, ok bool) {
	t := &task{run: r, seq: 1, args: r.opts.exampleArgs()}
	if r.opts.As == asXargs {
		limits, err := r.limits()
		if err != nil {
			return "", false
		}
		r.source = input.Args(t.args)
		b, err := r.newBatcher(limits).next()
		if err != nil {
			return "", false
		}
		t.args = b.args
	}
	return r.command.line(t.context(1)), true
}

// mostExamples bounds the columns of an example, of which a line shows less.
const mostExamples = 100

// exampleArgs are the columns of a task, by names that tell them apart: those that the
// command may ask for by their numbers, and of others enough to see that there are more.
func (o *Options) exampleArgs() []string {
	if o.Pipe.on() {
		return []string{"RECORD"} // the name of a file, or not used
	}
	most, _ := o.rowsPerTask()
	name, total := "RECORD", most
	switch {
	case o.Rows.NoArgs:
		return nil
	case o.splits():
		name, total = "COLUMN", 0 // each row may have as many as it likes
	case !o.usesRows():
	case most > math.MaxInt/len(o.Input.Sources):
		total = 0
	default:
		total = most * len(o.Input.Sources)
	}
	first, last := o.namedColumns()
	if total == 1 {
		return []string{name}
	}
	return exampleNames(name, total, max(first, 2), last)
}

// exampleNames are name1, name2 and so on up to total, or with no end if that is 0: as
// many as first from the start and as last from the end, and dots for those between.
func exampleNames(name string, total, first, last int) (names []string) {
	if total > 0 && total <= max(first+max(last, 1), 3) {
		first, last = total, 0
	}
	for i := range first {
		names = append(names, fmt.Sprint(name, i+1))
	}
	if first == total {
		return names
	}
	names = append(names, "...")
	if total > 0 {
		last = max(last, 1)
	}
	for i := -last; i < 0; i++ {
		n := i // COLUMN-1 is the last one, as {-1} is
		if total > 0 {
			n = total + i + 1
		}
		names = append(names, fmt.Sprint(name, n))
	}
	return names
}

// namedColumns are the highest numbers by which the command names columns, from the first
// one on and from the last one back, as far as an example goes.
func (o *Options) namedColumns() (first, last int) {
	for _, t := range o.replacements() {
		if c := t.Rep.Column; c > 0 {
			first = max(first, min(c, mostExamples))
		} else {
			last = max(last, -max(c, -mostExamples))
		}
	}
	return first, last
}

// splits tells whether a record may become several columns.
func (o *Options) splits() bool {
	return o.Rows.Separator != nil || o.Rows.CSV || o.Rows.Header != rows.NoHeader
}

package runner

import (
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"

	"xpool/runner/rows"
)

// explainTasks says how many tasks there are, if the arguments alone tell, and how many
// records one has, if that is not one.
func (r *run) explainTasks(e *explanation) {
	o := &r.opts
	if o.Record.RetryFailed {
		return
	}
	if text := o.rowsText(); text != "" {
		e.say("tasks", "%s", text)
		return
	}
	if counts, ok := o.countRecords(); ok && !o.Pipe.on() {
		text := countText(counts)
		if o.Record.resumes() {
			text += ", less those done before"
		}
		e.say("tasks", "%s", text)
	}
}

// rowsText says how many records a task has; it is empty for one, and for a block of
// data with no such limit.
func (o *Options) rowsText() string {
	n, _ := o.rowsPerTask()
	unit := "records"
	switch {
	case o.Packing.limits.MaxLines > 0 && o.Rows.MaxRows == 0:
		unit = "lines"
	case len(o.Input.Sources) > 1:
		unit = "rows"
	}
	switch {
	case o.Rows.NoArgs && !o.Pipe.on():
		return "of one record each, which the command does not get"
	case n == 1 || n == 0 && o.Pipe.on():
		return ""
	case n > 1:
		return fmt.Sprintf("up to %d %s each", n, unit)
	case o.Rows.Spread:
		return "as many " + unit + " each as fit, the last ones spread over all jobs"
	}
	return "as many " + unit + " each as fit"
}

// rowCounts are the numbers of records by which the number of tasks can be told.
type rowCounts struct {
	groups []int // of the sources that are combined with each other, each with the linked ones
	linked bool  // some go side by side
}

// countRecords counts the records of the arguments; false if there are others. Those of a
// header or behind the end are none, as for the run.
func (o *Options) countRecords() (c rowCounts, ok bool) {
	var counts []int
	none := true
	for _, source := range o.Input.Sources {
		if len(source.Files) > 0 {
			return c, false
		}
		n, err := o.countWords(source.Words)
		if err != nil {
			return c, false
		}
		none = none && n == 0
		counts = append(counts, n)
	}
	switch {
	case len(counts) == 0: // xargs has no sources but its input
		return c, false
	case none:
		return rowCounts{groups: []int{0}}, true
	}
	for i, n := range counts {
		n = max(n, 1) // next to others, a source without a record has an empty one
		last := len(c.groups) - 1
		switch {
		case i > 0 && o.Rows.Link:
			c.groups[0], c.linked = max(c.groups[0], n), true
		case i > 0 && o.Input.Sources[i].Linked:
			c.groups[last], c.linked = min(c.groups[last], n), true
		default:
			c.groups = append(c.groups, n)
		}
	}
	return c, true
}

// countWords counts the records of one source. The error is that of its header.
func (o *Options) countWords(words []string) (n int, err error) {
	ro := o.rowOptions()
	ro.Shuffle = nil
	reader, err := rows.New([]rows.Source{{Words: words}}, ro)
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	for {
		switch _, err := reader.Next(); err {
		case nil:
			n++
		case io.EOF:
			return n, nil
		default:
			return 0, err
		}
	}
}

// countText shows the number of tasks, and how it comes about.
func countText(c rowCounts) string {
	total, high := uint64(1), uint64(0)
	var factors []string
	for _, n := range c.groups {
		var over uint64
		over, total = bits.Mul64(total, uint64(n))
		high |= over
		factors = append(factors, strconv.Itoa(n))
	}
	product := strings.Join(factors, " x ")
	var how []string
	switch {
	case high > 0:
		return product
	case len(factors) > 1:
		how = append(how, product)
	}
	if c.linked {
		how = append(how, "side by side")
	}
	text := strconv.FormatUint(total, 10)
	if len(how) > 0 {
		text += " (" + strings.Join(how, ", ") + ")"
	}
	return text
}

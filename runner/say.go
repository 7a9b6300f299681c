package runner

import (
	"io"

	"xpool/runner/output"
)

// sayError says what ended the run before its input did, or what it lacks, with what
// can be done about it, and returns the status that this makes.
func (r *run) sayError(err error) Status {
	line, status := r.persona.fault(err)
	if line != "" {
		line += advice(err)
	}
	r.say(line)
	r.tell(r.reports.fault(line))
	return status
}

// say tells the user something about the run itself, when all is printed; an
// empty line is nothing to say.
func (r *run) say(line string) {
	if line != "" {
		r.tell(r.opts.Name + ": " + line + "\n")
	}
}

// tell is say for whole lines that are not the run's own.
func (r *run) tell(text string) {
	if text == "" {
		return
	}
	if !r.said && r.printer.MidLine() {
		r.writeError("\n")
	}
	r.said = true
	r.writeError(text)
}

// writeError writes text on standard error past the printer. What cannot be written
// is lost, as what the printer has for it, and is no reason to end the run.
func (r *run) writeError(text string) {
	if _, err := io.WriteString(r.streams.stderr, text); err != nil {
		r.lose(&output.WriteError{Name: "standard error", Err: err})
	}
}

// lose notes that something of standard error could not be written; the first counts.
func (r *run) lose(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unsaid == nil {
		r.unsaid = err
	}
}

// unwritten is why not all of standard error could be written, or nil.
func (r *run) unwritten() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unsaid
}

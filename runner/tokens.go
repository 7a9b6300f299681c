package runner

import (
	"errors"
	"strings"

	"xpool/pool"
	"xpool/runner/jobserver"
)

// openJobserver finds the jobserver that the run is to be a client of, or makes one,
// and sets the number of slots where nobody has said it: that of make's -j, which is
// for all of its commands together, and one where make has given this command no more.
func (r *run) openJobserver() (err error) {
	o := &r.opts
	if o.Jobserver == jobserver.Off || o.DryRun || o.Sem.On || o.Jobserver == jobserver.Auto && o.As != asXpool {
		return nil
	}
	said := r.asked.String() != ""
	r.jobserver, err = jobserver.Attach(r.found, r.gates.wake)
	if unreachable, ok := errors.AsType[*jobserver.UnreachableError](err); ok {
		if !said && !o.Jobserver.Serves() {
			r.jobs.Store(1)
		}
		if !o.Quiet {
			r.note(unreachableNote(unreachable, said || o.Jobserver.Serves()))
		}
		err = nil
	}
	switch {
	case err != nil:
		return err
	case r.jobserver != nil:
		if n := r.jobserver.Jobs(); n > 0 && !said {
			r.jobs.Store(int64(n))
		}
	case o.Jobserver.Serves():
		r.jobserver, err = jobserver.Serve(o.Jobserver, int(r.jobs.Load()), r.gates.wake)
	}
	return err
}

// unreachableNote says what becomes of a run that make has not handed its jobserver to.
func unreachableNote(err *jobserver.UnreachableError, several bool) string {
	var b strings.Builder
	b.WriteString("make's jobserver cannot be reached (")
	b.WriteString(err.Err.Error())
	if several {
		b.WriteString("): running without it; ")
	} else {
		b.WriteString("): running one task at a time; ")
	}
	b.WriteString("begin the line in the makefile with '+'")
	if !several {
		b.WriteString(", or say -j")
	}
	return b.String()
}

// tokens is for pool.Options.
func (r *run) tokens() pool.Tokens {
	if r.jobserver == nil {
		return nil
	}
	return r.jobserver
}

// closeJobserver is for the end of the run, when the pool has given all tokens back.
func (r *run) closeJobserver() {
	if err := r.jobserver.Close(); err != nil {
		r.say(err.Error())
	}
}

package jobserver

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
)

// maxTokens bounds how many tokens there are, or are held: so many bytes fit into any pipe.
const maxTokens = 4095

// UnreachableError says that this process is to be the client of a jobserver that it cannot reach: in a makefile, because
// make takes the line for one that calls no make.
type UnreachableError struct {
	Variable string // of the environment, which tells of the jobserver
	Err      error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the jobserver in %s cannot be reached: %v", e.Variable, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// Attach returns the jobserver that env tells of, or nil if there is none. If there is one that cannot be reached, the
// error is an *UnreachableError. Wake is called when Share may return more than it did: from any goroutine, perhaps in
// vain, and before anything has called Share too. The caller ends the Jobserver with Close. Until then, descriptors of it
// are inherited by all processes that this one starts, unless it is a fifo.
func Attach(env []string, wake func()) (*Jobserver, error) {
	var unreachable error
	for _, name := range []string{makeFlags, cargoMakeFlags} {
		value, _ := lookUp(env, name)
		f := parseFlags(value)
		if !f.told {
			continue
		}
		j, err := attach(f, wake)
		if err == nil {
			return j, nil
		}
		if unreachable == nil {
			unreachable = &UnreachableError{name, err}
		}
	}
	return nil, unreachable
}

func attach(f flags, wake func()) (*Jobserver, error) {
	j := newJobserver(wake)
	j.jobs, j.total = f.jobs, notOurs
	j.found, j.auth = f.auth, f.auth
	if err := j.reach(); err != nil {
		return nil, err
	}
	loan, err := crashdetect.NewLoan(j.ends.write, maxTokens)
	if err != nil {
		return nil, errors.Join(err, j.release())
	}
	j.loan, j.cells = loan, loan.Cells()
	go j.run()
	return j, nil
}

// reach opens what the environment tells of.
func (j *Jobserver) reach() (err error) {
	a := j.found
	switch {
	case a.path != "":
		j.ends, err = openEnds(a.path, a.path)
		return err
	case a.read < 0 || a.write < 0:
		return errors.New("make has closed it for this command")
	case a.read == a.write:
		return errors.New("its style is not known here")
	}
	if err := checkInherited(a.read, unix.O_RDONLY); err != nil {
		return err
	}
	if err := checkInherited(a.write, unix.O_WRONLY); err != nil {
		return err
	}
	if j.ends, err = reopenPipe(a.read, a.write); err != nil {
		return err
	}
	if a.read < lowest || a.write < lowest {
		if err := j.pass(a.read, a.write); err != nil {
			return errors.Join(err, j.release())
		}
		unix.CloseOnExec(a.read)
		unix.CloseOnExec(a.write)
	}
	return nil
}

// pass has tasks inherit copies of two descriptors.
func (j *Jobserver) pass(read, write int) (err error) {
	if j.auth.read, err = passOn(read); err != nil {
		return err
	}
	j.passed = append(j.passed, j.auth.read)
	if j.auth.write, err = passOn(write); err != nil {
		return err
	}
	j.passed = append(j.passed, j.auth.write)
	return nil
}

// Serve makes a jobserver for so many slots, in a mode that Serves. Wake is as for Attach, and the caller ends it with
// Close.
func Serve(m Mode, jobs int, wake func()) (*Jobserver, error) {
	j := newJobserver(wake)
	j.jobs = jobs
	if m == On {
		m = usual
	}
	if err := j.make(m); err != nil {
		return nil, fmt.Errorf("making a jobserver: %w", err)
	}
	j.cells = make([]byte, maxTokens)
	j.total = tokensFor(jobs)
	if err := j.put(j.total); err != nil {
		return nil, errors.Join(err, j.release())
	}
	go j.run()
	return j, nil
}

// tokensFor returns how many tokens there are for so many slots: one needs none.
func tokensFor(jobs int) int { return min(max(jobs-1, 0), maxTokens) }

// make makes the pipe.
func (j *Jobserver) make(m Mode) (err error) {
	if m == FIFO {
		var end func() error
		if j.auth.path, end, err = newFIFO(); err != nil {
			return err
		}
		j.enders = append(j.enders, end)
		if j.ends, err = openEnds(j.auth.path, j.auth.path); err != nil {
			return errors.Join(err, j.release())
		}
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	defer w.Close()
	read, write := int(r.Fd()), int(w.Fd())
	if j.ends, err = reopenPipe(read, write); err != nil {
		return err
	}
	if err := j.pass(read, write); err != nil {
		return errors.Join(err, j.release())
	}
	return nil
}

// Env returns env as tasks need it to find the jobserver. A nil Jobserver leaves it as it is.
func (j *Jobserver) Env(env []string) []string {
	if j == nil || j.total == notOurs && j.auth == j.found {
		return env
	}
	next := slices.Clone(env)
	for _, name := range []string{makeFlags, oldFlags, cargoMakeFlags} {
		value, ok := lookUp(env, name)
		switch {
		case j.total == notOurs && ok:
			value = moved(value, j.found, j.auth)
		case j.total != notOurs && (ok || name != oldFlags):
			value = served(value, j.auth, j.jobs)
		default:
			continue
		}
		next = slices.DeleteFunc(next, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		next = append(next, name+"="+value)
	}
	return next
}

// Jobs is how many slots all clients of the jobserver have together, as its variable says; 0 if that is not known.
func (j *Jobserver) Jobs() int { return j.jobs }

// Loan is what has to be put back if this process is killed; nil if there is nothing of the kind.
func (j *Jobserver) Loan() *crashdetect.Loan {
	if j == nil {
		return nil
	}
	return j.loan
}

package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Setup is what runs have in common.
type Setup struct {
	Binary   string // the path of xpool
	Python   string // and of Python, not of a script that starts it
	Env      []string
	Dir      string        // where each run gets a directory of its own; others have to get there
	Deadline time.Duration // of each run
	Powers   Powers        // without one, runs do without what it takes
}

// Probe finds out what there is of Powers for running this binary.
func Probe(binary string) (has Powers) {
	works := func(words ...string) bool { return exec.Command(words[0], words[1:]...).Run() == nil }
	if disk, err := tinyDisk(0); err == nil {
		disk.Close()
		has.Disk = true
	}
	has.Clock = works(append(clockAhead(time.Hour), "true")...)
	has.User = works("prlimit", "--version") && works(append(asUser(firstUser), binary, "--version")...)
	return has
}

// Report is what is to be said of a run.
type Report struct {
	Plan     Plan
	Dir      string   // what is left of it, "" if nothing was wrong
	Problems []string // nothing if the run was as it may be
	Events   []string // what was tried: kind, source, reader, faults that took effect
	Took     time.Duration
	Details  string // of a run in which something was wrong: what was planned, what was seen, and the end of standard error
}

// Run runs the plan of a seed, and what it leaves undone after that. When ctx is done
// nothing stays of the run, and the error is that of ctx.
func (s Setup) Run(ctx context.Context, seed uint64, only string) (Report, error) {
	p := NewPlan(seed, only)
	p.restrict(s.Powers)
	r := Report{Plan: p}
	dir, err := os.MkdirTemp(s.Dir, "run-"+strconv.FormatUint(seed, 10)+"-")
	if err != nil {
		return r, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return r, err
	}
	first := &stage{setup: s, plan: &p, dir: dir}
	if p.fullLog {
		if first.disk, err = tinyDisk(p.room); err != nil {
			return r, err
		}
		defer first.disk.Close()
	}
	o, err := first.play(ctx)
	if err != nil {
		return r, abandon(ctx, seed, dir, err)
	}
	r.note(first, o)
	if len(r.Problems) == 0 && p.resumable(o) {
		second := &stage{setup: s, plan: &p, dir: dir, resumes: true}
		before := o
		if o, err = second.play(ctx); err != nil {
			return r, abandon(ctx, seed, dir, err)
		}
		o.follow(before)
		r.note(second, o)
		r.Events = append(r.Events, "then resumed")
	}
	if len(r.Problems) == 0 {
		return r, os.RemoveAll(dir)
	}
	r.Dir = dir
	return r, nil
}

// abandon is for a run that could not be played: its files stay unless that was ended.
func abandon(ctx context.Context, seed uint64, dir string, err error) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), os.RemoveAll(dir))
	}
	return fmt.Errorf("seed %d: %w", seed, err)
}

// note adds what there is to say of a run that has ended.
func (r *Report) note(s *stage, o *observation) {
	r.Took += o.took
	r.Problems = append(r.Problems, check(s.plan, o)...)
	if !o.resumed {
		r.Events = append(r.Events, s.plan.events()...)
		for _, h := range o.hits {
			r.Events = append(r.Events, "fault "+string(h.fault.kind))
		}
	}
	if len(r.Problems) == 0 {
		return
	}
	r.Details = s.plan.String() + o.String() + o.stderr[max(0, len(o.stderr)-4000):]
	for name, text := range map[string]string{"stdout": o.stdout, "stderr": o.stderr, "problems": strings.Join(r.Problems, "\n"), "seen": o.String()} {
		if err := os.WriteFile(s.path(name+".kept"), []byte(text), 0o644); err != nil {
			r.Problems = append(r.Problems, err.Error())
		}
	}
}

package pool

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// receive takes a message of the far end. An error is the end of the stream. What is
// about a task that is over has crossed its end on the way.
func (l *remoteLine) receive(m wire.Message) error {
	if l.why != nil {
		return l.why
	}
	switch m := m.(type) {
	case *wire.Hello:
		l.greeted = true
		l.host.introduced(m.CPUs)
		l.resize()
	case *wire.Ready:
		l.becomeReady()
	case *wire.Broken:
		l.broken(m)
	case *wire.Began:
		l.about(m.ID, func(j *remoteJob) { j.began(m) })
	case *wire.Output:
		l.about(m.ID, func(j *remoteJob) { j.printed(Stream(m.Stream), m.Data) })
	case *wire.Fetched:
		if j := l.running[m.ID]; j != nil {
			return j.fetched(m)
		}
	case *wire.Reset:
		l.about(m.ID, (*remoteJob).reset)
	case *wire.Done:
		l.about(m.ID, func(j *remoteJob) { j.ended(m) })
	case *wire.Returned:
		l.about(m.ID, (*remoteJob).returned)
	case *wire.Log:
		for line := range strings.Lines(m.Text) {
			l.host.log([]byte(strings.TrimSuffix(line, "\n")))
		}
	case *wire.Hint:
		l.hint(m)
	case *wire.Bye:
		l.refuse()
	case *wire.Pong:
		l.answered(m)
	default:
		return errors.New("it sent what only this end may say")
	}
	return nil
}

// about calls f for the job of that number, if it is not over.
func (l *remoteLine) about(id int64, f func(*remoteJob)) {
	if j := l.running[id]; j != nil {
		f(j)
	}
}

// becomeReady lets the slots begin tasks.
func (l *remoteLine) becomeReady() {
	if l.ready || l.sendBase() {
		return
	}
	l.ready, l.host.proven = true, true
	l.pool.timers.stop(l.timer)
	l.ping()
	for _, w := range slices.Clone(l.seats) {
		w.slot.ready()
	}
}

// broken is for a far end whose pool has broken down. What it still ran is told by
// messages of its own.
func (l *remoteLine) broken(m *wire.Broken) {
	err := m.Failure.Err()
	if m.Workers {
		err = &BrokenError{Err: err, Words: m.Words}
	}
	l.host.fail(err, "")
	if !l.ready { // it has nothing to say to anybody
		l.lose(err)
		return
	}
	l.shutDown()
}

// hint tells of a co-process that says nothing.
func (l *remoteLine) hint(m *wire.Hint) {
	k, ok := l.host.kind.Inner.(*Coprocess)
	switch {
	case !ok:
	case m.Waiting && k.Waiting != nil && !k.warned:
		k.warned = true
		k.Waiting(m.Seq, m.Silence)
	case !m.Waiting && k.Silent != nil && !k.hinted:
		k.hinted = true
		k.Silent(m.Seq, m.Silence)
	}
}

// opening is what the far end is told of its pool.
func (l *remoteLine) opening() (*wire.Open, error) {
	k, o := l.host.kind, &l.pool.opts
	inner, err := k.innerKind()
	if err != nil {
		return nil, err
	}
	l.asked = l.host.wanted()
	return &wire.Open{
		Key: k.Key, Kind: inner, Jobs: l.asked, SlotBase: l.host.base(), SlotVars: k.slotVars(),
		Window: remoteWindow, Patience: remotePatience,
		IdleTimeout: o.IdleTimeout, InitTimeout: o.InitTimeout, KillAfter: o.KillAfter, TermSeq: wireSteps(o.TermSeq),
		Nice: o.Nice, NoAhead: o.NoAhead, RecycleTasks: o.RecycleTasks, RecycleRSS: o.RecycleRSS,
		Dir: k.Dir, Files: there(l.baseFiles()), Remove: k.Remove, Bare: k.Bare, Unset: k.Unset, Env: k.Env,
	}, nil
}

// innerKind is Inner as it is sent.
func (k *Remote) innerKind() (wire.Kind, error) {
	switch in := k.Inner.(type) {
	case *Program:
		return &wire.Program{Fixed: in.Fixed}, nil
	case *Shell:
		return &wire.Shell{Path: in.Path, Body: in.Body, Names: in.Names, Stdin: in.Stdin, Init: in.Init, Brief: in.Brief}, nil
	case *Interpreter:
		return &wire.Interpreter{
			Path: in.Path, Language: uint8(in.Language), Code: in.Code, Call: in.Call, Init: in.Init,
		}, nil
	case *Coprocess:
		return &wire.Coprocess{
			Argv: in.Argv, Dir: in.Dir, Protocol: uint8(in.Protocol), Prefetch: in.Prefetch,
			Multiplex: in.Multiplex, Cancel: in.Cancel,
		}, nil
	}
	return nil, fmt.Errorf("a pool of %T cannot be on other hosts", k.Inner)
}

func (k *Remote) slotVars() []wire.SlotVar {
	vars := make([]wire.SlotVar, 0, len(k.SlotVars))
	for _, v := range k.SlotVars {
		vars = append(vars, wire.SlotVar(v))
	}
	return vars
}

func wireSteps(steps []TermStep) []wire.Step {
	sent := make([]wire.Step, 0, len(steps))
	for _, s := range steps {
		sent = append(sent, wire.Step(s))
	}
	return sent
}

// classify is the verdict on an attempt that the pool ended for the reason why. What
// a far end has found out of it stands, unless that was a consequence of this end's
// reason.
func (e *ended) classify(why reason) crashdetect.Verdict {
	v := crashdetect.Classify(e.how)
	switch far := e.verdict; {
	case far == nil:
	case why == noReason:
		return *far
	default:
		v.Exited, v.Code, v.ShellStatus, v.Signal, v.Core = far.Exited, far.Code, far.ShellStatus, far.Signal, far.Core
	}
	return v
}

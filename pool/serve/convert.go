package serve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/pool/wire"
)

// kind returns the kind of pool that a stream asks for. It is refused if it lacks
// what it needs.
func (s *Server) kind(k wire.Kind) (pool.Kind, error) {
	switch k := k.(type) {
	case *wire.Program:
		return &pool.Program{Fixed: k.Fixed}, nil
	case *wire.Shell:
		return &pool.Shell{Path: k.Path, Body: k.Body, Names: k.Names, Stdin: k.Stdin, Init: k.Init, Brief: k.Brief}, nil
	case *wire.Interpreter:
		language := pool.Language(k.Language)
		if language == pool.NoLanguage || language > pool.Node {
			return nil, fmt.Errorf("there is no language %d", k.Language)
		}
		return &pool.Interpreter{Path: k.Path, Language: language, Code: k.Code, Call: k.Call, Init: k.Init}, nil
	case *wire.Coprocess:
		return s.coprocess(k)
	}
	return nil, fmt.Errorf("there is no kind %T", k)
}

func (s *Server) coprocess(k *wire.Coprocess) (pool.Kind, error) {
	protocol := pool.Protocol(k.Protocol)
	switch {
	case len(k.Argv) == 0:
		return nil, fmt.Errorf("a co-process needs a program")
	case protocol > pool.JSON:
		return nil, fmt.Errorf("there is no protocol %d", k.Protocol)
	}
	hint := func(waiting bool) func(int64, time.Duration) {
		return func(seq int64, silence time.Duration) {
			s.forEach(func(st *stream) { st.out.send(&wire.Hint{Waiting: waiting, Seq: seq, Silence: silence}) })
		}
	}
	return &pool.Coprocess{
		Argv: k.Argv, Dir: k.Dir, Protocol: protocol, Prefetch: k.Prefetch, Multiplex: k.Multiplex, Cancel: k.Cancel,
		Log: s.log, Silent: hint(false), Waiting: hint(true),
	}, nil
}

// log tells all streams what belongs to none of them. One that is slow to read
// does without.
func (s *Server) log(text []byte) {
	s.forEach(func(st *stream) {
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.out.room() {
			st.out.put(&wire.Log{Text: string(text)})
		}
	})
}

// options are those of the pool that a stream asks for, but for those of Config.
func options(o *wire.Open, env []string) pool.Options {
	opts := pool.Options{
		Jobs: max(1, o.Jobs), SlotBase: o.SlotBase, IdleTimeout: o.IdleTimeout, InitTimeout: o.InitTimeout,
		KillAfter: o.KillAfter, TermSeq: steps(o.TermSeq), Nice: o.Nice, NoAhead: o.NoAhead,
		RecycleTasks: o.RecycleTasks, RecycleRSS: o.RecycleRSS, Dir: o.Dir, Env: environment(o, env),
	}
	if len(o.SlotVars) > 0 {
		opts.SlotEnv = func(slot int) []string {
			var env []string
			for _, v := range o.SlotVars {
				env = append(env, v.Name+"="+strconv.Itoa(slot+v.Plus))
			}
			return env
		}
	}
	return opts
}

// environment is that of the workers.
func environment(o *wire.Open, env []string) []string {
	if o.Bare {
		env = nil
	}
	all := make([]string, 0, len(env)+len(o.Env))
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if !slices.Contains(o.Unset, name) {
			all = append(all, v)
		}
	}
	return append(all, o.Env...)
}

func steps(sent []wire.Step) []pool.TermStep {
	var all []pool.TermStep
	for _, s := range sent {
		all = append(all, pool.TermStep{Signal: s.Signal, Wait: s.Wait})
	}
	return all
}

// doneBy is the last message about a task that the pool has ended.
func doneBy(id int64, r pool.Result) *wire.Done {
	m := &wire.Done{
		ID: id, Slot: r.Slot, Pid: r.Pid, Verdict: r.Verdict, Words: r.Words, Took: r.End.Sub(r.Start),
		User: r.Usage.User, System: r.Usage.System, MaxRSS: r.Usage.MaxRSS,
	}
	if r.Err != nil {
		f := wire.FailureOf(r.Err)
		m.Err = &f
	}
	return m
}

// notBegun is the last message about a task that cannot be run because of err.
func notBegun(id int64, err error) *wire.Done {
	f := wire.FailureOf(err)
	return &wire.Done{ID: id, Verdict: crashdetect.Classify(crashdetect.End{StartErr: err}), Err: &f}
}

package runner

import (
	"io"
	"sync"

	"xpool/pool"
	"xpool/runner/template"
)

// semCommand is the one command of a semaphore, which a shell of its own runs as it
// stands: without records nothing in it is to be replaced.
type semCommand struct{ script, shell string }

func (c semCommand) kind(t terminal) pool.Kind {
	return &pool.Program{Fixed: true, Stdin: t.stdin, Interactive: t.group}
}

func (c semCommand) inherits() bool                { return true }
func (c semCommand) explain(err error) string      { return explainShell(c.shell, err) }
func (c semCommand) label(template.Context) string { return shorten(c.script) }
func (c semCommand) line(template.Context) string  { return c.script }
func (c semCommand) payload(template.Context) (pool.Payload, error) {
	return pool.Payload{Args: []string{c.shell, "-c", c.script}}, nil
}

// openOnce has the command run once, without records.
func (r *run) openOnce() error {
	r.source = pipeCloser{func() error { return nil }}
	r.batches = &counted{batches: []batch{{}}, err: io.EOF}
	return nil
}

// semPersona is that of sem: its status is the command's.
type semPersona struct {
	persona // what is told

	mu     sync.Mutex
	result int
}

func (s *semPersona) ended(t *task, res pool.Result) {
	s.persona.ended(t, res)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result = failureStatus(res.Verdict)
}

func (s *semPersona) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Status{Code: s.result}
}

func (s *semPersona) summary() string { return "" }

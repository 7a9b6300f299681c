package wire

import (
	"errors"
	"io/fs"
	"os/exec"
	"time"

	"xpool/crashdetect"
)

// Ready says that the far end has a pool, and takes tasks. No worker need have
// been started.
type Ready struct{}

func (*Ready) kind() byte    { return typeReady }
func (*Ready) fields(*codec) {}

// Broken says that the far end has no pool, or has none any more, and why. All
// tasks that are not over are so after it, by their own messages, and then Bye.
type Broken struct {
	Failure Failure
	Workers bool   // the failure is that of its workers, and nothing else is wrong
	Words   string // what the last of these said on standard error, a line or several
}

func (*Broken) kind() byte { return typeBroken }

func (m *Broken) fields(c *codec) {
	m.Failure.fields(c)
	c.flag(&m.Workers)
	c.text(&m.Words)
}

// Failure is an error. It keeps what a *crashdetect.StartError knows; of others it
// keeps the text.
type Failure struct {
	Text string

	// What follows means something with Start only: the error was a StartError, of
	// which Text is the reason alone.
	Start      bool
	NotFound   bool // exec.ErrNotFound was the reason, and there is no Text
	Missing    bool // there is no such file
	Program    string
	Found      string
	Suggestion string
}

// FailureOf returns what can be sent of err, which is not nil.
func FailureOf(err error) Failure {
	start, ok := errors.AsType[*crashdetect.StartError](err)
	switch {
	case !ok:
		return Failure{Text: err.Error()}
	case errors.Is(start.Err, exec.ErrNotFound):
		return Failure{Start: true, NotFound: true, Program: start.Program, Found: start.Found, Suggestion: start.Suggestion}
	}
	f := Failure{Start: true, Program: start.Program, Found: start.Found, Suggestion: start.Suggestion}
	if start.Err != nil {
		f.Text, f.Missing = start.Err.Error(), errors.Is(start.Err, fs.ErrNotExist)
	}
	return f
}

// Err returns the error that the far end had, as far as it was sent.
func (f *Failure) Err() error {
	if !f.Start {
		return errors.New(f.Text)
	}
	e := &crashdetect.StartError{Program: f.Program, Found: f.Found, Suggestion: f.Suggestion}
	switch {
	case f.NotFound:
		e.Err = exec.ErrNotFound
	case f.Text != "":
		e.Err = &reason{f.Text, f.Missing}
	}
	return e
}

// reason is why a program could not be run at the far end.
type reason struct {
	text    string
	missing bool
}

func (e *reason) Error() string        { return e.text }
func (e *reason) Is(target error) bool { return e.missing && target == fs.ErrNotExist }

func (f *Failure) fields(c *codec) {
	c.text(&f.Text)
	c.flag(&f.Start)
	c.flag(&f.NotFound)
	c.flag(&f.Missing)
	c.text(&f.Program)
	c.text(&f.Found)
	c.text(&f.Suggestion)
}

// Began says that a task runs from now on. It may come again, after a Reset: a
// worker had to go, for no fault of the task's.
type Began struct {
	ID   int64
	Pid  int // of the process that runs it
	Slot int // of the far end, from 1, without Open.SlotBase
}

func (*Began) kind() byte { return typeBegan }

func (m *Began) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Pid)
	integer(c, &m.Slot)
}

// Output is what a task has printed.
type Output struct {
	ID     int64
	Stream uint8  // pool.Stream: 0 standard output, 1 standard error
	Data   []byte // of a decoded message: valid only during the call of each
}

func (*Output) kind() byte { return typeOutput }

func (m *Output) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Stream)
	if m.Stream > 1 {
		c.refuse("a stream that there is not")
	}
	c.data(&m.Data)
}

// Fetched is the next piece of a file that is sent back.
type Fetched struct {
	ID    int64
	Index int    // in Run.Return, from 0; the files come in order
	Mode  int    // its permissions
	Last  bool   // nothing comes after it
	Error string // why it cannot be had; then nothing of it counts
	Data  []byte // of a decoded message: valid only during the call of each
}

func (*Fetched) kind() byte { return typeFetched }

func (m *Fetched) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Index)
	integer(c, &m.Mode)
	c.flag(&m.Last)
	c.text(&m.Error)
	c.data(&m.Data)
}

// Reset says that what was sent of a task's output does not count: it will run
// again. It does not change the credit.
type Reset struct{ ID int64 }

func (*Reset) kind() byte        { return typeReset }
func (m *Reset) fields(c *codec) { integer(c, &m.ID) }

// Done is how a task ended that has begun, or that cannot be run. Its fields are
// those of pool.Result.
type Done struct {
	ID      int64
	Slot    int // of the far end, from 1; 0 if the task never came to one
	Pid     int
	Verdict crashdetect.Verdict
	Err     *Failure // what kept it from beginning; nil if it began
	Words   string

	Took         time.Duration // from its beginning to its end, by the far end's clock
	User, System time.Duration
	MaxRSS       int64 // bytes
}

func (*Done) kind() byte { return typeDone }

func (m *Done) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Slot)
	integer(c, &m.Pid)
	c.verdict(&m.Verdict)
	failed := m.Err != nil
	c.flag(&failed)
	if failed {
		if c.decoding {
			m.Err = &Failure{}
		}
		m.Err.fields(c)
	}
	c.text(&m.Words)
	integer(c, &m.Took)
	integer(c, &m.User)
	integer(c, &m.System)
	integer(c, &m.MaxRSS)
}

func (c *codec) verdict(v *crashdetect.Verdict) {
	integer(c, &v.Kind)
	integer(c, &v.Code)
	c.flag(&v.Exited)
	c.flag(&v.ShellStatus)
	c.signal(&v.Signal)
	c.flag(&v.Core)
	integer(c, &v.Limit)
	c.text(&v.Evidence)
	integer(c, &v.Memory)
	integer(c, &v.MemoryLimit)
	c.text(&v.Detail)
	c.text(&v.ProtocolName)
	c.flag(&v.Left)
}

// Returned gives a task back that has not begun, and will not.
type Returned struct{ ID int64 }

func (*Returned) kind() byte        { return typeReturned }
func (m *Returned) fields(c *codec) { integer(c, &m.ID) }

// Log is what a worker that serves several slots has written on its standard
// error: whole lines with their newlines, as a rule.
type Log struct{ Text string }

func (*Log) kind() byte        { return typeLog }
func (m *Log) fields(c *codec) { c.text(&m.Text) }

// Hint tells of a co-process that says nothing: pool.Coprocess.Silent, or with
// Waiting pool.Coprocess.Waiting.
type Hint struct {
	Waiting bool
	Seq     int64
	Silence time.Duration
}

func (*Hint) kind() byte { return typeHint }

func (m *Hint) fields(c *codec) {
	c.flag(&m.Waiting)
	integer(c, &m.Seq)
	integer(c, &m.Silence)
}

// Pong answers a Ping.
type Pong struct{ Number int64 }

func (*Pong) kind() byte        { return typePong }
func (m *Pong) fields(c *codec) { integer(c, &m.Number) }

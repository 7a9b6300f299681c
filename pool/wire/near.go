package wire

import (
	"syscall"
	"time"
)

// Hello is the first message of each end. Version, which comes before its fields, is
// not one of them: nothing else is sent or taken.
type Hello struct {
	Program string // and its own version, such as "xpool 1.2.0"
	Host    string // name of the machine
	System  string // such as "linux/amd64"
	CPUs    int    // that the sender may use
	Pid     int
}

func (*Hello) kind() byte { return typeHello }

func (m *Hello) fields(c *codec) {
	version := Version
	integer(c, &version)
	c.text(&m.Program)
	if version != Version {
		c.fail(&VersionError{Theirs: version, Program: m.Program})
		return
	}
	c.text(&m.Host)
	c.text(&m.System)
	integer(c, &m.CPUs)
	integer(c, &m.Pid)
}

// Bye says that an end has nothing more to say: the near end has no more tasks, and
// the far end has brought all to its end.
type Bye struct{}

func (*Bye) kind() byte    { return typeBye }
func (*Bye) fields(*codec) {}

// Run gives the far end a task, for one attempt.
type Run struct {
	ID       int64 // of the task on this stream; each Run has another one
	Seq      int64 // XPOOL_SEQ
	Attempt  int   // XPOOL_ATTEMPT, from 1
	Args     []string
	Values   []string
	InWorker bool          // as of pool.Payload, like Args and Values
	Input    bool          // its standard input follows; it begins when all of it has come
	Files    []string      // names of files that follow likewise; see File
	Return   []string      // names of files that are sent back, as far as they are there, when it has ended
	Remove   bool          // all of those are removed then
	MemLimit int64         // bytes; 0 means no limit
	Stall    time.Duration // how long it may print nothing; 0 means no limit
}

func (*Run) kind() byte { return typeRun }

func (m *Run) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Seq)
	integer(c, &m.Attempt)
	c.texts(&m.Args)
	c.texts(&m.Values)
	c.flag(&m.InWorker)
	c.flag(&m.Input)
	c.texts(&m.Files)
	c.texts(&m.Return)
	c.flag(&m.Remove)
	integer(c, &m.MemLimit)
	integer(c, &m.Stall)
}

// Input is the next piece of a task's standard input.
type Input struct {
	ID   int64
	Last bool   // nothing comes after it
	Data []byte // of a decoded message: valid only during the call of each
}

func (*Input) kind() byte { return typeInput }

func (m *Input) fields(c *codec) {
	integer(c, &m.ID)
	c.flag(&m.Last)
	c.data(&m.Data)
}

// File is the next piece of a file that a task needs. A name that is not absolute is
// below the workers' directory. Nobody sees the file by its name before it is whole;
// directories on the way to it are made.
type File struct {
	ID    int64  // of the task; 0 for one of Open.Files
	Index int    // of the name, from 0; the files come in order
	Mode  int    // its permissions, from which the far end's umask takes away
	Last  bool   // nothing comes after it
	Data  []byte // of a decoded message: valid only during the call of each
}

func (*File) kind() byte { return typeFile }

func (m *File) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Index)
	integer(c, &m.Mode)
	c.flag(&m.Last)
	c.data(&m.Data)
}

// Recall asks for a task back: if it has not begun, it does not any more, and is
// Returned; else the far end takes no notice.
type Recall struct{ ID int64 }

func (*Recall) kind() byte        { return typeRecall }
func (m *Recall) fields(c *codec) { integer(c, &m.ID) }

// Stop asks for the end of a task, with its tree. If it has not begun, it is
// Returned, else it ends with Done, with the verdict Stopped unless it came to another
// end before. A second Stop of less Grace hurries up the first.
type Stop struct {
	ID    int64
	Grace time.Duration // between SIGTERM and SIGKILL
	Steps []Step        // what is done instead of that, if there is any
}

func (*Stop) kind() byte { return typeStop }

func (m *Stop) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Grace)
	list(c, &m.Steps, (*Step).fields)
}

// Step is a step on the way to the end of a task; SIGKILL follows the last one in
// any case.
type Step struct {
	Signal syscall.Signal
	Wait   time.Duration // until the next step
}

func (s *Step) fields(c *codec) {
	c.signal(&s.Signal)
	integer(c, &s.Wait)
}

// Suspend stops all that runs for the stream, until Continue.
type Suspend struct{}

func (*Suspend) kind() byte    { return typeSuspend }
func (*Suspend) fields(*codec) {}

// Continue undoes Suspend.
type Continue struct{}

func (*Continue) kind() byte    { return typeContinue }
func (*Continue) fields(*codec) {}

// Resize changes the number of slots.
type Resize struct{ Jobs int }

func (*Resize) kind() byte        { return typeResize }
func (m *Resize) fields(c *codec) { integer(c, &m.Jobs) }

// Credit lets the far end send more output of a task: so many bytes, of both
// streams together, beyond Open.Window and earlier Credits. What a task has printed
// when it is stopped comes without credit for it, if the far end has read it already.
type Credit struct {
	ID    int64
	Bytes int64
}

func (*Credit) kind() byte { return typeCredit }

func (m *Credit) fields(c *codec) {
	integer(c, &m.ID)
	integer(c, &m.Bytes)
}

// Ping asks for a Pong of the same number, and shows that the near end is there.
type Ping struct{ Number int64 }

func (*Ping) kind() byte        { return typePing }
func (m *Ping) fields(c *codec) { integer(c, &m.Number) }

package wire

import "time"

// Open says what the far end's workers are and how they are run. The fields are
// those of pool.Options unless they say something else.
type Open struct {
	// Key is that of a pool which is shared: it has to be the one that the pool was
	// opened with first. An agent's is "".
	Key string

	// Kind is a *Program, *Shell, *Interpreter or *Coprocess.
	Kind Kind

	Jobs int

	// SlotBase is added to the numbers of slots that processes find in XPOOL_SLOT and
	// in SlotVars.
	SlotBase int

	// SlotVars are variables that have the number of the slot, with what is added to
	// it.
	SlotVars []SlotVar

	// Window is how many bytes a task may print before there is a Credit; less than
	// 1 counts as 1.
	Window int64

	// Patience is how long the far end waits for a message, the Pings among them,
	// before it counts the stream as lost; 0 means for ever. A stream that is
	// suspended is given all the time it takes.
	Patience time.Duration

	IdleTimeout  time.Duration
	InitTimeout  time.Duration
	KillAfter    time.Duration // also what is done when the stream is lost
	TermSeq      []Step
	Nice         int
	NoAhead      bool
	RecycleTasks int
	RecycleRSS   int64

	// Dir is the workers' directory; one that is not absolute is below that of the
	// far end. It is made if it is not there; "..." is a new one below
	// ~/.cache/xpool/work, which is removed in the end.
	Dir string

	// Files are the names of files that follow before the first Run; see File. With
	// Remove they are removed in the end.
	Files  []string
	Remove bool

	// Env are variables as NAME=value, which are added to those of the far end, or
	// are all of them with Bare. Unset are names of variables that are taken away
	// from those of the far end.
	Bare  bool
	Unset []string
	Env   []string
}

func (*Open) kind() byte { return typeOpen }

func (m *Open) fields(c *codec) {
	c.text(&m.Key)
	c.worker(&m.Kind)
	integer(c, &m.Jobs)
	integer(c, &m.SlotBase)
	list(c, &m.SlotVars, (*SlotVar).fields)
	integer(c, &m.Window)
	integer(c, &m.Patience)
	integer(c, &m.IdleTimeout)
	integer(c, &m.InitTimeout)
	integer(c, &m.KillAfter)
	list(c, &m.TermSeq, (*Step).fields)
	integer(c, &m.Nice)
	c.flag(&m.NoAhead)
	integer(c, &m.RecycleTasks)
	integer(c, &m.RecycleRSS)
	c.text(&m.Dir)
	c.texts(&m.Files)
	c.flag(&m.Remove)
	c.flag(&m.Bare)
	c.texts(&m.Unset)
	c.texts(&m.Env)
}

// SlotVar is a variable whose value is the number of a slot plus Plus.
type SlotVar struct {
	Name string
	Plus int
}

func (v *SlotVar) fields(c *codec) {
	c.text(&v.Name)
	integer(c, &v.Plus)
}

// Kind is what the workers are: the type of package pool that has the same name,
// and so are its fields, but for those that cannot be sent.
type Kind interface {
	// number says which it is.
	number() uint8
	fields(c *codec)
}

// The numbers of the kinds.
const (
	programKind uint8 = iota + 1
	shellKind
	interpreterKind
	coprocessKind
)

// Program is pool.Program. The standard input of its processes is what Run.Input
// announces, else it is empty.
type Program struct{ Fixed bool }

func (*Program) number() uint8     { return programKind }
func (k *Program) fields(c *codec) { c.flag(&k.Fixed) }

// Shell is pool.Shell.
type Shell struct {
	Path  string
	Body  string
	Names []string
	Stdin bool
	Init  string
	Brief bool
}

func (*Shell) number() uint8 { return shellKind }

func (k *Shell) fields(c *codec) {
	c.text(&k.Path)
	c.text(&k.Body)
	c.texts(&k.Names)
	c.flag(&k.Stdin)
	c.text(&k.Init)
	c.flag(&k.Brief)
}

// Interpreter is pool.Interpreter.
type Interpreter struct {
	Path     string
	Language uint8 // pool.Language: 1 Python, 2 Perl, 3 Node
	Code     string
	Call     bool
	Init     string
}

func (*Interpreter) number() uint8 { return interpreterKind }

func (k *Interpreter) fields(c *codec) {
	c.text(&k.Path)
	integer(c, &k.Language)
	c.text(&k.Code)
	c.flag(&k.Call)
	c.text(&k.Init)
}

// Coprocess is pool.Coprocess. What its Log, Silent and Waiting are for comes as
// Log and Hint.
type Coprocess struct {
	Argv      []string
	Dir       string
	Protocol  uint8 // pool.Protocol: 0 lines, 1 nul, 2 json
	Prefetch  int
	Multiplex int
	Cancel    bool
}

func (*Coprocess) number() uint8 { return coprocessKind }

func (k *Coprocess) fields(c *codec) {
	c.texts(&k.Argv)
	c.text(&k.Dir)
	integer(c, &k.Protocol)
	integer(c, &k.Prefetch)
	integer(c, &k.Multiplex)
	c.flag(&k.Cancel)
}

// worker is a Kind: its number and its fields.
func (c *codec) worker(k *Kind) {
	var number uint8
	if !c.decoding {
		if *k == nil {
			c.refuse("a pool without a kind")
			return
		}
		number = (*k).number()
	}
	integer(c, &number)
	if c.decoding {
		switch number {
		case programKind:
			*k = &Program{}
		case shellKind:
			*k = &Shell{}
		case interpreterKind:
			*k = &Interpreter{}
		case coprocessKind:
			*k = &Coprocess{}
		default:
			c.refuse("a kind of worker that there is not")
			return
		}
	}
	(*k).fields(c)
}

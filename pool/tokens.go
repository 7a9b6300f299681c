package pool

// Tokens are what attempts need to run, where several programs share a machine. A
// worker that is starting counts as one that runs an attempt; one that is idle does
// not.
type Tokens interface {
	// Share is told how many attempts run, and how many more could begin at once, and
	// returns how many may run. If that is more than run now, it stays true for the
	// next ones to begin until it is called again; if it is fewer, nothing is sent
	// ahead, so that a worker comes to rest soon. When it will return another number
	// it has AskGate called, from any goroutine. Share is called on the pool's
	// goroutine each time something has changed, and must not block. The last call,
	// before Wait returns, is Share(0, 0).
	Share(run, more int) int
}

// allowance is what Tokens lets the pool do.
type allowance struct {
	begin bool // an attempt may begin, or a worker start for one
	ahead bool // an attempt may be sent ahead
}

// allowed asks the Gate and Tokens what may be done about the waiting tasks, when
// so many workers are starting.
func (p *Pool) allowed(waiting, coming int) allowance {
	open := waiting == 0 || p.open()
	t := p.opts.Tokens
	if t == nil {
		return allowance{begin: open, ahead: open && p.opts.Gate == nil && !p.opts.NoAhead}
	}
	run, more := coming, 0
	for _, s := range p.slots {
		if s.state == busy {
			run++
			waiting += len(s.ahead) // another worker may take it
		}
	}
	if open {
		more = max(0, min(waiting-coming, p.vacant()))
	}
	if run+more > 1 {
		p.insure()
	}
	may := t.Share(run, more)
	return allowance{
		begin: open && may > run,
		ahead: open && may >= run && p.opts.Gate == nil && !p.opts.NoAhead,
	}
}

// vacant returns how many attempts could begin in slots where none does.
func (p *Pool) vacant() (n int) {
	if p.paused == nil {
		n = max(0, p.jobs-len(p.slots))
	}
	for _, s := range p.slots {
		if s.canBegin() || s.state == empty && s.number <= p.jobs && p.paused == nil {
			n++
		}
	}
	return n
}

// giveTokensBack is for the end: nothing runs any more.
func (p *Pool) giveTokensBack() {
	if p.opts.Tokens != nil {
		p.opts.Tokens.Share(0, 0)
	}
}

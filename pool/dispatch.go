package pool

// startsAtOnce is how many processes are started before the pool looks for what has
// happened meanwhile: that takes about a millisecond each, in which as many more
// tasks can be submitted as it takes to go on like that, if there are enough slots.
const startsAtOnce = 8

// dispatch gives waiting tasks to workers, and starts workers for the rest.
func (p *Pool) dispatch() {
	coming := 0 // workers that will take a task without being asked again
	for _, s := range p.slots {
		if s.state == starting {
			coming++
		}
	}
	for starts := 0; ; {
		waiting := p.waiting()
		may := p.allowed(waiting, coming)
		if starts == startsAtOnce {
			p.host.Wake()
			return
		}
		if s := p.findIdle(); s != nil && may.begin {
			a := p.next()
			if a == nil && !p.halted() {
				a = p.steal(0) // rather than let it wait for its turn
			}
			if a == nil {
				return
			}
			if !s.worker.resident() {
				starts++
			}
			s.begin(a)
		} else if waiting == 0 {
			if !p.rescue() {
				return
			}
		} else if s := p.findEmpty(); s != nil && may.begin && coming < waiting && p.paused == nil {
			s.start()
			if s.state == starting {
				starts++
				coming++
			}
		} else if s := p.findQueue(); s != nil && may.ahead && coming < waiting {
			if a := p.next(); a != nil {
				s.queue(a)
			}
		} else {
			return
		}
	}
}

// waiting returns how many tasks wait, and has whoever submits another wake the
// pool's goroutine if that can do something about it.
func (p *Pool) waiting() int {
	hungry := p.findIdle() != nil || p.roomy() || p.starving()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hungry = hungry
	if p.halting {
		return 0
	}
	return len(p.pending) + len(p.again)
}

// starving tells whether a worker will soon have nothing to do that could be sent
// something ahead.
func (p *Pool) starving() bool {
	for _, s := range p.slots {
		if len(s.ahead) == 0 && s.canQueue() > 0 {
			return true
		}
	}
	return false
}

// halted tells whether Halt or Stop was called.
func (p *Pool) halted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.halting
}

// roomy tells whether the pool is not as large as it may be.
func (p *Pool) roomy() bool {
	if !p.seats() {
		return false
	}
	for _, s := range p.slots {
		if s.state == empty && s.number <= p.jobs {
			return true
		}
	}
	return len(p.slots) < p.jobs
}

// findIdle returns the slot of the lowest number that can begin a task.
func (p *Pool) findIdle() *slot {
	if k, ok := p.kind.(*Remote); ok {
		return p.findSeat(k)
	}
	for _, s := range p.slots {
		if s.canBegin() {
			return s
		}
	}
	return nil
}

// canBegin tells whether the slot can begin a task; one whose worker would have to
// start a process cannot during a pause.
func (s *slot) canBegin() bool {
	return s.state == idle && s.number <= s.pool.jobs && (s.pool.paused == nil || s.worker.resident())
}

// findEmpty returns the empty slot of the lowest number, a new one if need be,
// or nil if the pool is as large as it may be, or no host has a seat for it.
func (p *Pool) findEmpty() *slot {
	if !p.seats() {
		return nil
	}
	for _, s := range p.slots {
		if s.state == empty && s.number <= p.jobs {
			return s
		}
	}
	if len(p.slots) >= p.jobs {
		return nil
	}
	s := &slot{pool: p, number: len(p.slots) + 1}
	p.slots = append(p.slots, s)
	return s
}

// take returns the next attempt to begin.
func (p *Pool) take() *attempt {
	p.mu.Lock()
	if len(p.again) > 0 {
		a := p.again[0]
		p.again = p.again[1:]
		p.mu.Unlock()
		return a
	}
	if len(p.pending) == 0 {
		p.mu.Unlock()
		return nil
	}
	t := p.pending[0]
	p.pending[0] = nil
	p.pending = p.pending[1:]
	wake := len(p.pending) <= window/2
	p.mu.Unlock()
	if wake {
		p.makeRoom()
	}
	return &attempt{task: t, number: max(1, t.First)}
}

// window is how many tasks may wait ahead of need: enough that a slot which falls
// free finds one at once and that whoever submits need not be woken for each,
// few enough that they do not add up.
const window = 32

package rows

import "io"

// link puts one cell of each feed side by side, up to the end of the longest; the others start again.
//
// What a feed has brought is kept as long as it may have to start again: while another one that has not ended may turn out
// to be longer.
type link struct {
	feeds []*feed
	kept  [][]cell // of each feed
	row   int      // the number of the next row, from 0
	cells []cell   // the last row, used again
}

func (l *link) next() ([]cell, error) {
	l.cells = l.cells[:0]
	fresh := false
	for i := range l.feeds {
		c, err := l.read(i)
		switch {
		case err == nil:
			fresh = true
		case err == io.EOF:
			if n := len(l.kept[i]); n > 0 { // none is kept of the longest, whose end is that of the rows
				c = l.kept[i][l.row%n]
			}
		default:
			return nil, err
		}
		l.cells = append(l.cells, c)
	}
	if !fresh {
		return nil, io.EOF
	}
	l.row++
	return l.cells, nil
}

// read returns the next cell of a feed that has not ended, and keeps it if another one has not ended either.
func (l *link) read(i int) (cell, error) {
	f := l.feeds[i]
	if f.ended {
		return cell{}, io.EOF
	}
	alone := l.live() == 1
	c, err := f.next()
	switch {
	case err != nil:
	case alone:
		l.kept[i] = nil
	default:
		l.kept[i] = append(l.kept[i], c)
	}
	return c, err
}

// live returns how many feeds have not ended.
func (l *link) live() int {
	n := 0
	for _, f := range l.feeds {
		if !f.ended {
			n++
		}
	}
	return n
}

// product combines each cell of a group with each of the others. The last group varies fastest.
type product struct {
	groups []*group
	begun  bool
	cells  []cell // the last row, used again
}

// newProduct makes groups of the feeds that are linked.
func newProduct(sources []Source, feeds []*feed) *product {
	p := &product{}
	for i, f := range feeds {
		if i == 0 || !sources[i].Linked {
			p.groups = append(p.groups, &group{})
		}
		g := p.groups[len(p.groups)-1]
		g.feeds = append(g.feeds, f)
	}
	return p
}

func (p *product) next() ([]cell, error) {
	if !p.begun {
		p.begun = true
		for i, g := range p.groups {
			if err := g.read(p.repeats(i)); err != nil {
				return nil, err // each feed has a record: none of these is an end
			}
		}
		return p.row(), nil
	}
	for i := len(p.groups) - 1; i >= 0; i-- {
		err := p.groups[i].advance(p.repeats(i))
		if err == io.EOF {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, g := range p.groups[i+1:] {
			g.rewind()
		}
		return p.row(), nil
	}
	return nil, io.EOF
}

// repeats tells whether the cells of a group may be needed again: when one before it goes on.
func (p *product) repeats(i int) bool {
	for _, g := range p.groups[:i] {
		if g.mayAdvance() {
			return true
		}
	}
	return false
}

// row puts together what the groups are at.
func (p *product) row() []cell {
	p.cells = p.cells[:0]
	for _, g := range p.groups {
		p.cells = append(p.cells, g.at...)
	}
	return p.cells
}

// group is some feeds side by side, up to the end of the shortest.
//
// It first reads, and perhaps keeps what it reads; when it was rewound it goes through what it has kept, and reads on
// where that ends.
type group struct {
	feeds []*feed
	at    []cell   // where it is: a cell of each feed
	kept  [][]cell // what may be needed again, at included
	pos   int      // of at in kept
	ended bool     // nothing is left to be read
}

// advance goes on to the next cells, with io.EOF if there are none. What is read is kept if keep says so; what was kept is
// dropped if not.
func (g *group) advance(keep bool) error {
	if g.pos+1 < len(g.kept) {
		g.pos++
		g.at = g.kept[g.pos]
		return nil
	}
	return g.read(keep)
}

// read reads a cell of each feed. None is read if one is known to have ended.
func (g *group) read(keep bool) error {
	if g.atEnd() {
		g.ended = true
		return io.EOF
	}
	at := make([]cell, 0, len(g.feeds))
	for _, f := range g.feeds {
		c, err := f.next()
		if err != nil {
			g.ended = true
			return err
		}
		at = append(at, c)
	}
	g.at = at
	if !keep {
		g.kept = nil
		return nil
	}
	g.pos = len(g.kept)
	g.kept = append(g.kept, at)
	return nil
}

// rewind goes back to the first cells, which were kept.
func (g *group) rewind() {
	g.pos = 0
	g.at = g.kept[0]
}

// mayAdvance tells whether advance may bring something, as far as is known without reading.
func (g *group) mayAdvance() bool { return g.pos+1 < len(g.kept) || !g.atEnd() }

func (g *group) atEnd() bool {
	if g.ended {
		return true
	}
	for _, f := range g.feeds {
		if f.atEnd() {
			return true
		}
	}
	return false
}

package runner

import (
	"fmt"

	"xpool/pool"
	"xpool/runner/on"
	"xpool/runner/template"
)

// transfers are the files that go with tasks to other machines and come back. A nil
// transfers has none.
type transfers struct {
	send, back []*template.Text
	base       []pool.File
	remove     bool
}

// newTransfers returns the files that the options ask for, nil if there are none.
func newTransfers(o *Options) (*transfers, error) {
	n := &o.On
	if !n.away() || !n.transfers() {
		return nil, nil
	}
	t := &transfers{remove: n.Cleanup}
	for _, side := range []struct {
		to    *[]*template.Text
		names []string
	}{{&t.send, n.Files}, {&t.back, n.Return}} {
		for _, name := range side.names {
			text, err := template.ParseText(name, o.set())
			if err != nil {
				return nil, fmt.Errorf("in the name of a file, %s: %w", quoteWord(name), err)
			}
			*side.to = append(*side.to, text)
		}
	}
	for _, name := range n.Base {
		f, err := on.ParseFile(name)
		if err != nil {
			return nil, fmt.Errorf("--basefile: %w", err)
		}
		t.base = append(t.base, pool.File(f))
	}
	return t, nil
}

// of returns the files of a task.
func (t *transfers) of(c template.Context) (*pool.Files, error) {
	if t == nil || len(t.send)+len(t.back) == 0 {
		return nil, nil
	}
	f := &pool.Files{Remove: t.remove}
	for _, side := range []struct {
		to    *[]pool.File
		names []*template.Text
	}{{&f.Send, t.send}, {&f.Return, t.back}} {
		for _, name := range side.names {
			file, err := on.ParseFile(name.Expand(c))
			if err != nil {
				return nil, err
			}
			*side.to = append(*side.to, pool.File(file))
		}
	}
	return f, nil
}

package progress

import (
	"fmt"
	"strings"
	"time"
)

const (
	defaultWidth = 80
	maxBar       = 40 // columns; a longer bar says no more
	minBar       = 10 // columns; below it there is no bar
)

// plainLine is a whole line for a log. It names tasks that have run for so long.
func (p *Progress) plainLine(v view, named time.Duration) string {
	line := p.o.Name + ": " + strings.Join(append([]string{v.done()}, append(v.details(), duration(v.elapsed))...), ", ")
	sep := "; "
	for _, r := range v.longest {
		if r.For >= named {
			line += fmt.Sprintf("%stask %d (%s) for %s", sep, r.Seq, r.Name, duration(r.For))
			sep = ", "
		}
	}
	return line + "\n"
}

// tellAfter is how long a task has to run to be named in a log: one that hangs is
// what is looked for.
const tellAfter = 10 * time.Second

// barLine fits into the terminal, so that it never wraps: it could not be wiped
// out then. The last column is left free for the same reason.
func (p *Progress) barLine(v view) string {
	text := v.done()
	for _, s := range append(v.details(), v.pace()...) {
		text += ", " + s
	}
	room := p.width() - 1
	if v.known {
		if b := drawBar(v.Done, v.total, min(maxBar, room-len(text)-barFrame)); b != "" {
			return b + " " + text
		}
	}
	return text[:min(len(text), max(room, 0))] // all of it is ASCII
}

func (p *Progress) width() int {
	if p.o.Width != nil {
		if n := p.o.Width(); n > 0 {
			return n
		}
	}
	return defaultWidth
}

func (v view) done() string {
	if v.known {
		return fmt.Sprintf("%d/%d done", v.Done, v.total)
	}
	return fmt.Sprintf("%d done", v.Done)
}

// details are counts that are not always worth a word.
func (v view) details() []string {
	var words []string
	if v.Failed > 0 {
		words = append(words, fmt.Sprintf("%d failed", v.Failed))
	}
	words = append(words, fmt.Sprintf("%d running", v.Running))
	if v.waiting != "" {
		words = append(words, "waiting for "+v.waiting)
	}
	return words
}

// pace says how fast it goes and how long it takes.
func (v view) pace() []string {
	var words []string
	if v.rate > 0 {
		words = append(words, rate(v.rate))
	}
	if d, ok := v.left(); ok && v.Done < v.total {
		words = append(words, duration(d)+" left")
	} else {
		words = append(words, duration(v.elapsed))
	}
	return words
}

// rate is in the largest unit of time that makes the number 1 or more.
func rate(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f/s", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	case perSecond*60 >= 1:
		return fmt.Sprintf("%.0f/min", perSecond*60)
	default:
		return fmt.Sprintf("%.0f/h", perSecond*3600)
	}
}

// duration is d in whole seconds, with two units at most: 12s, 3m05s, 2h07m,
// 4d03h.
func duration(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 24*3600:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	default:
		return fmt.Sprintf("%dd%02dh", s/(24*3600), s/3600%24)
	}
}

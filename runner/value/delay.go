package value

import (
	"strings"
	"time"
)

// Delay is the least time between the beginnings of two attempts. It is a plain value; the zero value is no delay.
type Delay struct {
	First time.Duration // the delay that the run begins with; never negative
	Auto  bool          // it grows as attempts fail and shrinks as they do not
}

// Set parses s as ParseDelay does.
func (d *Delay) Set(s string) error {
	v, err := ParseDelay(s)
	if err == nil {
		*d = v
	}
	return err
}

// String returns a form that Set takes.
func (d Delay) String() string {
	if d.Auto {
		return d.First.String() + "auto"
	}
	return d.First.String()
}

// Type names the value in usage texts.
func (d Delay) Type() string { return "duration" }

// ParseDelay reads what ParseDuration does, with "auto" after it for an adaptive delay ("0.1auto", "13m3sauto"). As in GNU
// parallel, "auto" alone begins with no delay, and so never has one.
func ParseDelay(s string) (Delay, error) {
	length, auto := strings.CutSuffix(s, "auto")
	if auto && length == "" {
		return Delay{Auto: true}, nil
	}
	first, err := ParseDuration(length)
	if err != nil {
		return Delay{}, err
	}
	return Delay{First: first, Auto: auto}, nil
}

package value

import "errors"

// Progress is how the progress of a run is shown.
type Progress uint8

// The modes of Progress.
const (
	ProgressAuto  Progress = iota // a bar on a terminal, nothing elsewhere; the zero value
	ProgressBar                   // a bar that redraws its line
	ProgressPlain                 // a line now and then, for logs
	ProgressNone                  // nothing
)

// Set takes the name of a mode.
func (p *Progress) Set(s string) error {
	for mode := ProgressAuto; mode <= ProgressNone; mode++ {
		if s == mode.String() {
			*p = mode
			return nil
		}
	}
	return errors.New("want auto, bar, plain or none")
}

// String returns the name of the mode.
func (p Progress) String() string {
	switch p {
	case ProgressBar:
		return "bar"
	case ProgressPlain:
		return "plain"
	case ProgressNone:
		return "none"
	}
	return "auto"
}

// Type names the value in usage texts.
func (p Progress) Type() string { return "mode" }

package jobserver

import "errors"

// Mode is what a user wants of a jobserver.
type Mode uint8

// The modes.
const (
	Auto Mode = iota // be the client of one that is there; the zero value
	Off              // take no notice of one
	On               // as Auto, and serve one if there is none, in the style that works with most programs
	Pipe             // the same with inherited descriptors
	FIFO             // the same with the name of a fifo
)

// Serves tells whether there is to be a server if there is none yet.
func (m Mode) Serves() bool { return m >= On }

// Set takes the name of a mode.
func (m *Mode) Set(s string) error {
	for mode := Auto; mode <= FIFO; mode++ {
		if s == mode.String() {
			*m = mode
			return nil
		}
	}
	return errors.New("want auto, off, on, pipe or fifo")
}

// String returns the name of the mode.
func (m Mode) String() string {
	switch m {
	case Off:
		return "off"
	case On:
		return "on"
	case Pipe:
		return "pipe"
	case FIFO:
		return "fifo"
	}
	return "auto"
}

// Type names the value in usage texts.
func (m Mode) Type() string { return "mode" }

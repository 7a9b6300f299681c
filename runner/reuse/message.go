package reuse

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// protocolVersion is that of Request and Reply. It counts for lists and stops, which may meet servers of another build; a call
// meets only those of its own, whose file is a part of the identity.
const protocolVersion = 1

// Ask is what somebody wants of a server.
type Ask string

// What can be asked.
const (
	AskCall Ask = "call" // a stream for one call
	AskInfo Ask = "info" // what there is to know of the server
	AskStop Ask = "stop" // that it takes no more calls, and ends when those that it has are over
)

// Request is the one line that a server reads on a new connection.
type Request struct {
	Version int `json:"v"`
	Ask     Ask `json:"ask"`
}

// Reply is the one line that answers it. After that, a call's connection is its stream; one that asked for a stop is closed
// when the server is no more; another one is closed.
type Reply struct {
	Version int    `json:"v"`
	Error   string `json:"error,omitempty"` // why the answer is no; "" if it is yes
	Info    *Info  `json:"info,omitempty"`  // to AskInfo and AskStop
}

// Info is what there is to know of a server.
type Info struct {
	Name    string        `json:"name,omitempty"` // that its callers gave it
	Pid     int           `json:"pid"`
	Command string        `json:"command"` // what its workers are, for a person
	Slots   int           `json:"slots"`
	Workers int           `json:"workers"` // that are alive
	Running int           `json:"running"` // calls that there are
	Calls   int           `json:"calls"`   // that there have been so far, those included
	Age     time.Duration `json:"age"`
	Idle    time.Duration `json:"idle"` // since the last call ended; 0 while there is one
}

// maxLine is the longest message, in bytes, its newline included.
const maxLine = 64 << 10

var (
	errLongLine = errors.New("a line without an end")
	errNoAsk    = errors.New("nothing that can be asked")
)

// VersionError is that the other end speaks another version of the protocol.
type VersionError struct{ Other int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("version %d of the protocol at the other end, %d here", e.Other, protocolVersion)
}

// writeLine sends a message.
func writeLine(w io.Writer, message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// readLine returns a line without its newline, and takes nothing that comes after it. An end in the middle of a line is
// io.ErrUnexpectedEOF, one before it io.EOF.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxLine; {
		switch n, err := r.Read(b); {
		case n == 1 && b[0] == '\n':
			return line, nil
		case n == 1:
			line = append(line, b[0])
		case err == io.EOF && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
	}
	return nil, errLongLine
}

// parseRequest reads the line of a request.
func parseRequest(line []byte) (r Request, err error) {
	if err := json.Unmarshal(line, &r); err != nil {
		return Request{}, fmt.Errorf("no request: %w", err)
	}
	switch {
	case r.Version != protocolVersion:
		return Request{}, &VersionError{r.Version}
	case r.Ask != AskCall && r.Ask != AskInfo && r.Ask != AskStop:
		return Request{}, errNoAsk
	}
	return r, nil
}

// parseReply reads the line of a reply.
func parseReply(line []byte) (r Reply, err error) {
	if err := json.Unmarshal(line, &r); err != nil {
		return Reply{}, fmt.Errorf("no reply: %w", err)
	}
	switch {
	case r.Error != "": // in any version
		return Reply{}, &RefusedError{r.Error}
	case r.Version != protocolVersion:
		return Reply{}, &VersionError{r.Version}
	}
	return r, nil
}

// RefusedError is a server's no.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "the server says: " + e.Reason }

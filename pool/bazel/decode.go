package bazel

import "bytes"

// DefaultMaxResponse is how large a response may be unless a Decoder says
// otherwise, in bytes. A worker's output is kept in memory until it is whole.
const DefaultMaxResponse = 64 << 20

// keptMost is the most memory that a Decoder keeps between responses.
const keptMost = 64 << 10

// Decoder finds the responses in what a worker writes to its standard output,
// and what does not belong there. The zero value is ready; a Decoder serves
// one worker, in one goroutine, and must not be copied once it was fed.
//
// Responses may follow each other with blanks and newlines between them or
// without, and may be spread over lines. How the output is split into pieces
// makes no difference to what is found in it.
type Decoder struct {
	// MaxResponse bounds a response, in bytes of its JSON; 0 means
	// DefaultMaxResponse. Not to be changed once the Decoder was fed.
	MaxResponse int

	in      within
	scanner scanner
	held    []byte // what there is of the response, or the start of the stray line
	err     error  // set once
}

// within is what the output fed last was part of.
type within uint8

const (
	betweenResponses within = iota
	inResponse
	inStray
)

// Feed takes the next piece of the worker's output and calls each for every
// response that ends in it, in order. It keeps no part of b, and each must not
// use the Decoder.
//
// An error is final, and every later call returns it again: the worker does
// not keep to the protocol, and what it writes next cannot be told from its
// stray output. It is one of *StrayError, *FieldError, *TooLargeError and
// *TooDeepError. Responses before it have been passed to each.
//
// A line of stray output is an error when it ends or is too long to quote, so
// that all of it can be told; see Stray for one that does not end.
func (d *Decoder) Feed(b []byte, each func(Response)) error {
	for len(b) > 0 && d.err == nil {
		switch d.in {
		case betweenResponses:
			b = d.begin(b)
		case inResponse:
			b = d.takeResponse(b, each)
		case inStray:
			b = d.takeStray(b)
		}
	}
	return d.err
}

// Stray is the start of a line that is not a response and has not ended yet,
// in the form that the error will have it; "" if there is none. The error is
// certain then, and a caller need not wait for long to have the whole line:
// Close gives the error with what has come.
func (d *Decoder) Stray() string {
	if d.in != inStray || d.err != nil {
		return ""
	}
	return newText(d.held).String()
}

// Close says that the worker's output has ended, and whether it ended well: nil
// between two responses, else the error of Feed if there was one, a
// *StrayError for a line without its newline, or a *CutError for a part of a
// response, which is not to be taken for one. Feed returns that error as well
// from then on.
func (d *Decoder) Close() error {
	if d.err != nil {
		return d.err
	}
	switch d.in {
	case inStray:
		d.fail(&StrayError{Text: newText(d.held)})
	case inResponse:
		d.fail(&CutError{Text: newText(d.held)})
	}
	return d.err
}

func (d *Decoder) fail(err error) {
	d.err = err
	d.held = nil
}

func (d *Decoder) most() int {
	if d.MaxResponse > 0 {
		return d.MaxResponse
	}
	return DefaultMaxResponse
}

// begin skips blanks and looks what comes after them.
func (d *Decoder) begin(b []byte) (rest []byte) {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	switch {
	case len(b) == 0:
	case b[0] == '{':
		d.in = inResponse
		d.scanner.at, d.scanner.depth = atStart, 0
	default:
		d.in = inStray
	}
	return b
}

// takeResponse takes what belongs to the response under way.
func (d *Decoder) takeResponse(b []byte, each func(Response)) (rest []byte) {
	part := b
	if room := d.most() - len(d.held); len(part) > room {
		part = part[:room]
	}
	n, v := d.scanner.scan(part)
	switch v {
	case end:
		d.finish(part[:n], each)
		return b[n:]
	case deep:
		d.fail(&TooDeepError{Most: maxDepth})
		return nil
	case bad:
		d.held = append(d.held, part[:n]...)
		d.in = inStray
		return b[n:]
	}
	if len(part) < len(b) {
		d.fail(&TooLargeError{Most: d.most()})
		return nil
	}
	d.held = append(d.held, part...)
	return nil
}

// finish decodes the response of which last is the last part.
func (d *Decoder) finish(last []byte, each func(Response)) {
	object := last
	if len(d.held) > 0 {
		d.held = append(d.held, last...)
		object = d.held
	}
	d.in = betweenResponses
	r, err := decodeResponse(object)
	if err != nil {
		d.fail(err)
		return
	}
	d.held = d.held[:0]
	if cap(d.held) > keptMost {
		d.held = nil
	}
	each(r)
}

// takeStray takes what belongs to the stray line under way.
func (d *Decoder) takeStray(b []byte) (rest []byte) {
	line, rest, ended := bytes.Cut(b, []byte{'\n'})
	// One byte over what is quoted says that there is more.
	room := max(textMost+1-len(d.held), 0)
	d.held = append(d.held, line[:min(len(line), room)]...)
	if ended || len(d.held) > textMost {
		d.fail(&StrayError{Text: newText(d.held)})
	}
	return rest
}

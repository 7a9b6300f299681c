package value

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// MaxLoad is the largest load that can be asked for: what it is measured in are processes.
const MaxLoad = 1_000_000

// leastLoad stands for a load of 0, as in GNU parallel: nothing but the caller may run.
const leastLoad = 0.01

// loadKind says what the number in a Load counts.
type loadKind uint8

const (
	loadNone    loadKind = iota // nothing was asked for
	loadCount                   // n processes
	loadMore                    // n more than the CPUs
	loadLess                    // n fewer than the CPUs
	loadPercent                 // a part of the CPUs
)

// Load is up to which load of the machine more may begin, as it was asked for; Resolve makes a number of it. It is a
// plain value that can be copied and shared. The zero value is "nothing was asked for".
type Load struct {
	kind loadKind
	n    decimal
	text string // what was given to Set
	file string // the file that n came from, or ""
}

// Set parses s as ParseLoad does.
func (l *Load) Set(s string) error {
	v, err := ParseLoad(s)
	if err == nil {
		*l = v
	}
	return err
}

// String returns what was given to Set.
func (l Load) String() string { return l.text }

// Type names the value in usage texts.
func (l Load) Type() string { return "load" }

// ParseLoad reads a load: N processes, N% of the CPUs, N more (+N) or fewer (-N) than the CPUs, or the name of a file that
// holds one of these, blanks around it ignored. N may have a fraction (in GNU parallel only the first form may). What has
// the form of a number is never taken for a file.
func ParseLoad(s string) (Load, error) {
	if l, ok, err := parseLoadText(s); ok || err != nil {
		return l, err
	}
	info, err := os.Stat(s)
	if err != nil {
		return Load{}, loadError("neither a number nor a file that can be found")
	}
	if !info.Mode().IsRegular() {
		return Load{}, loadError("not a regular file")
	}
	return readLoadFile(s)
}

// File returns the name of the file that the load came from, or "" if it did not come from one.
func (l Load) File() string { return l.file }

// Reload reads the file again; without one it returns l. With an error it returns l too, so that the old load holds while
// the file is being written.
func (l Load) Reload() (Load, error) {
	if l.file == "" {
		return l, nil
	}
	now, err := readLoadFile(l.file)
	if err != nil {
		return l, err
	}
	return now, nil
}

// Limited reports whether a load was asked for at all.
func (l Load) Limited() bool { return l.kind != loadNone }

// Resolve returns the load in processes on a machine with so many CPUs (fewer than one count as one), at least 0.01. It
// means nothing if Limited is false.
func (l Load) Resolve(cpus int) float64 {
	n, all := l.n.float(), float64(max(cpus, 1))
	switch l.kind {
	case loadMore:
		n = all + n
	case loadLess:
		n = all - n
	case loadPercent:
		n = all * n / 100
	}
	return max(n, leastLoad)
}

// Shown is what Resolve returns as a person is told of it: the number itself where one was given that is over 0, and what
// any other form comes to, to two places.
func (l Load) Shown(cpus int) string {
	if l.kind == loadCount && l.file == "" && l.n.float() > 0 {
		return l.text
	}
	return strconv.FormatFloat(math.Round(l.Resolve(cpus)*100)/100, 'f', -1, 64)
}

// readLoadFile returns the load in the named file.
func readLoadFile(name string) (Load, error) {
	data, err := readNumberFile(name)
	if err != nil {
		return Load{}, err
	}
	l, ok, err := parseLoadText(string(data))
	if err == nil && !ok {
		err = loadError("not a load")
	}
	if err != nil {
		return Load{}, fmt.Errorf("in file %q: %w", name, err)
	}
	l.text, l.file = name, name
	return l, nil
}

// parseLoadText reads a load that is not a file name; ok is false if s has not the form of one.
func parseLoadText(s string) (l Load, ok bool, err error) {
	l.text = strings.TrimSpace(s)
	digits := l.text
	switch {
	case strings.HasPrefix(digits, "+"):
		l.kind, digits = loadMore, digits[1:]
	case strings.HasPrefix(digits, "-"):
		l.kind, digits = loadLess, digits[1:]
	case strings.HasSuffix(digits, "%"):
		l.kind, digits = loadPercent, strings.TrimSuffix(digits, "%")
	default:
		l.kind = loadCount
	}
	n, rest, ok := scanDecimal(digits)
	if !ok || rest != "" {
		return Load{}, false, nil
	}
	if n.overflow || n.whole > MaxLoad {
		return Load{}, false, loadError(fmt.Sprintf("more than %d", MaxLoad))
	}
	l.n = n
	return l, true, nil
}

func loadError(reason string) error {
	return fmt.Errorf("%s: want N, N%%, +N, -N or a file that holds one of these", reason)
}

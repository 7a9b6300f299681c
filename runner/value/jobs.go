package value

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// MaxJobs is the largest number of jobs that can be asked for. It is far above what one machine runs, and keeps a slip
// of the finger from being tried.
const MaxJobs = 1_000_000

// maxNumberFile bounds in bytes what is read of a file with a number of jobs or a load, which holds one short word.
const maxNumberFile = 4096

// jobsKind says what the number in a Jobs counts.
type jobsKind uint8

const (
	jobsDefault jobsKind = iota // nothing was asked for: the CPUs
	jobsCount                   // n jobs; 0: as many as there are tasks
	jobsMore                    // n more than the CPUs
	jobsLess                    // n fewer than the CPUs
	jobsPercent                 // a part of the CPUs
)

// Jobs is how many jobs may run at once, as it was asked for; Resolve makes a number of it. It is a plain value that
// can be copied and shared. The zero value is "nothing was asked for" and stands for as many as there are CPUs.
type Jobs struct {
	kind    jobsKind
	n       int     // of jobsCount, jobsMore, jobsLess
	percent decimal // of jobsPercent
	text    string  // what was given to Set
	file    string  // the file that the number came from; empty if it was given itself
}

// ParseJobs reads a number of jobs: "4"; "0" for as many as there are tasks; "50%" of the CPUs; "+2" or "-1", more or fewer
// than the CPUs; or the name of a regular file that holds one of these, which is read at once. Numbers are decimal ("010"
// is 10), blanks around them do not count, and what is a number is not looked for as a file.
func ParseJobs(s string) (Jobs, error) {
	if j, ok, err := parseJobsText(s); ok || err != nil {
		return j, err
	}
	info, err := os.Stat(s)
	if err != nil {
		return Jobs{}, jobsError("neither a whole number nor a file that can be found")
	}
	if !info.Mode().IsRegular() {
		return Jobs{}, jobsError("not a regular file")
	}
	return readJobsFile(s)
}

// Set parses s as ParseJobs does.
func (j *Jobs) Set(s string) error {
	v, err := ParseJobs(s)
	if err == nil {
		*j = v
	}
	return err
}

// String returns what was given to Set; it is empty for the zero value.
func (j Jobs) String() string { return j.text }

// Type names the value in usage texts.
func (j Jobs) Type() string { return "jobs" }

// File returns the name of the file that holds the number, empty if there is none.
func (j Jobs) File() string { return j.file }

// Reload reads the file again and returns what it says now. Without a file it returns j. On an error, such as a file
// that is just being written, it returns j too: the old number holds.
func (j Jobs) Reload() (Jobs, error) {
	if j.file == "" {
		return j, nil
	}
	now, err := readJobsFile(j.file)
	if err != nil {
		return j, err
	}
	return now, nil
}

// Resolve returns how many jobs may run at once on a machine with so many CPUs, of which it only asks if that matters
// (fewer than one count as one): at least 1, at most MaxJobs. A percentage is rounded up, as in GNU parallel. If unlimited is true, as many may run as there are
// tasks, and n is 0.
func (j Jobs) Resolve(available func() int) (n int, unlimited bool) {
	if j.kind == jobsCount {
		return j.n, j.n == 0
	}
	cpus := min(max(available(), 1), MaxJobs) // so that no sum below overflows
	switch j.kind {
	case jobsMore:
		n = cpus + j.n
	case jobsLess:
		n = cpus - j.n
	case jobsPercent:
		n = percentOf(j.percent, cpus)
	default:
		n = cpus
	}
	return min(max(n, 1), MaxJobs), false
}

// percentOf returns percent/100 * cpus, rounded up, MaxJobs at most.
func percentOf(percent decimal, cpus int) int {
	hundredths, ok := percent.times(uint64(cpus), 100*MaxJobs)
	if !ok {
		return MaxJobs
	}
	return int((hundredths + 99) / 100)
}

// readJobsFile returns the number in the named file.
func readJobsFile(name string) (Jobs, error) {
	data, err := readNumberFile(name)
	if err != nil {
		return Jobs{}, err
	}
	j, ok, err := parseJobsText(string(data))
	if err == nil && !ok {
		err = jobsError("not a number of jobs")
	}
	if err != nil {
		return Jobs{}, fmt.Errorf("in file %q: %w", name, err)
	}
	j.text, j.file = name, name
	return j, nil
}

// readNumberFile returns what the named file holds, as far as that matters.
func readNumberFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxNumberFile))
}

// parseJobsText reads a number of jobs that is not a file name; ok is false if s has not the form of one.
func parseJobsText(s string) (j Jobs, ok bool, err error) {
	j.text = strings.TrimSpace(s)
	digits := j.text
	switch {
	case strings.HasSuffix(digits, "%"):
		return parsePercent(j)
	case strings.HasPrefix(digits, "+"):
		j.kind, digits = jobsMore, digits[1:]
	case strings.HasPrefix(digits, "-"):
		j.kind, digits = jobsLess, digits[1:]
	default:
		j.kind = jobsCount
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return Jobs{}, false, nil
	}
	j.n, err = strconv.Atoi(digits)
	if errors.Is(err, strconv.ErrRange) || j.n > MaxJobs {
		return Jobs{}, false, jobsError(fmt.Sprintf("more than %d", MaxJobs))
	}
	return j, err == nil, err
}

// parsePercent completes j, whose text ends in a percent sign.
func parsePercent(j Jobs) (Jobs, bool, error) {
	percent, rest, ok := scanDecimal(j.text)
	if !ok || rest != "%" {
		return Jobs{}, false, nil
	}
	if percent.overflow || percent.whole > MaxJobs {
		return Jobs{}, false, jobsError(fmt.Sprintf("more than %d%%", MaxJobs))
	}
	j.kind, j.percent = jobsPercent, percent
	return j, true, nil
}

func jobsError(reason string) error {
	return fmt.Errorf("%s: want N, 0 (as many as tasks), N%%, +N, -N or a file that holds one of these", reason)
}

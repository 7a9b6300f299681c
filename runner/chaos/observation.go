package chaos

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"xpool/crashdetect"
)

// observation is what there is to see of a run that has ended.
type observation struct {
	resumed bool
	before  map[int]bool // tasks that a run before has done
	status  syscall.WaitStatus
	hangs   bool
	took    time.Duration
	stdout  string
	stderr  string
	rows    []row            // of the joblog, that of the run before too
	torn    bool             // the joblog does not end with a newline
	objects []object         // of --json
	told    map[int][]string // what is said of each task that failed
	summary []string         // other lines of xpool's own
	begins  map[int][]begin
	ends    map[int]int
	hits    []hit

	guarded     bool // xpool had its guard before faults ended it; it gets one after 10 ms
	descriptors int
	atEnd, left []process // what was alive when xpool had ended, and long after
	zombies     []process
	held        bool // somebody had the output open long after
	files       []string
}

// process is what /proc shows of one.
type process struct {
	pid, parent, session int
	start                uint64 // in ticks; with pid, of no other process
	state                byte
	name                 string // its arguments, joined by blanks
}

func (p process) dead() bool { return p.state == 'Z' || p.state == 'X' }

func (p process) guard() bool { return strings.HasPrefix(p.name, crashdetect.GuardName) }

func (p process) String() string {
	return fmt.Sprintf("%d (%s) of %d, state %c", p.pid, p.name, p.parent, p.state)
}

// row is a row of the joblog.
type row struct {
	seq, exit, sig int
	runtime        float64 // seconds
}

// begin is the beginning of an attempt, as the task has logged it.
type begin struct{ pid, attempt int }

// object is a line of --json.
type object struct {
	Seq, Exitval, Signal, Attempt, Pid int
	JobRuntime                         float64
	Kind, Verdict, Stdout, Stderr      string
}

// readLog reads the tasks' log.
func (o *observation) readLog(text string) error {
	o.begins, o.ends = map[int][]begin{}, map[int]int{}
	for line := range strings.Lines(text) {
		var what string
		var seq int
		var b begin
		if n, _ := fmt.Sscan(line, &what, &seq, &b.pid, &b.attempt); n < 3 {
			return fmt.Errorf("%q in the log", line)
		}
		if what == "B" {
			o.begins[seq] = append(o.begins[seq], b)
		} else {
			o.ends[seq]++
		}
	}
	return nil
}

// readJoblog reads the rows of the joblog.
func (o *observation) readJoblog(text string) error {
	o.torn = text != "" && !strings.HasSuffix(text, "\n")
	for line := range strings.Lines(text) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if columns[0] == "Seq" {
			continue
		}
		if len(columns) != 9 {
			if o.torn && strings.HasSuffix(text, line) {
				continue
			}
			return fmt.Errorf("%q in the joblog", line)
		}
		var r row
		for i, to := range map[int]*int{0: &r.seq, 6: &r.exit, 7: &r.sig} {
			n, err := strconv.Atoi(columns[i])
			if err != nil {
				return fmt.Errorf("%q in the joblog", line)
			}
			*to = n
		}
		r.runtime, _ = strconv.ParseFloat(strings.TrimSpace(columns[3]), 64)
		o.rows = append(o.rows, r)
	}
	return nil
}

// readObjects reads the lines of --json. The last one may be torn.
func (o *observation) readObjects() error {
	for line := range strings.Lines(o.stdout) {
		var v object
		d := json.NewDecoder(strings.NewReader(line))
		if err := d.Decode(&v); err != nil {
			if !strings.HasSuffix(line, "\n") {
				return nil
			}
			return fmt.Errorf("%.200q on standard output: %v", line, err)
		}
		o.objects = append(o.objects, v)
	}
	return nil
}

// readErrors takes standard error apart.
func (o *observation) readErrors() {
	o.told = map[int][]string{}
	failure := regexp.MustCompile(`^xpool: task (\d+) \(.*?\): (.*)$`)
	for line := range strings.Lines(o.stderr) {
		line = strings.TrimSuffix(line, "\n")
		if m := failure.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			o.told[n] = append(o.told[n], m[2])
		} else if rest, ok := strings.CutPrefix(line, "xpool: "); ok {
			o.summary = append(o.summary, rest)
		}
	}
}

// pieces cuts output into what begins with a mark.
func pieces(text string) (list []string, stray string) {
	for {
		i := strings.IndexByte(text[min(1, len(text)):], mark)
		if text == "" {
			return list, stray
		}
		piece := text
		if i >= 0 {
			piece = text[:i+1]
		}
		if piece[0] != mark {
			stray += piece
		} else {
			list = append(list, piece)
		}
		text = text[len(piece):]
	}
}

// follow makes it that of a run which has gone on from another one.
func (o *observation) follow(first *observation) {
	o.before = map[int]bool{}
	for _, r := range first.rows {
		o.before[r.seq] = true
	}
	o.hits = first.hits
	for seq, lines := range first.told {
		if len(o.told[seq]) == 0 {
			o.told[seq] = lines
		}
	}
}

// verdict is how a task ended, from whatever tells.
type verdict struct {
	exit, sig int
	kind      string // as in --json, "" if that is not known
	text      string // what is said of it, "" if nothing is
	runtime   float64
	pid       int // 0 if that is not known
}

func (v verdict) ok() bool { return v.exit == 0 && v.sig == 0 }

func (v verdict) String() string {
	return fmt.Sprintf("exit %d, signal %d, %s (%s) after %.3f s", v.exit, v.sig, v.kind, v.text, v.runtime)
}

// verdicts returns the verdicts that are known, and complains of what is there twice
// or contradicts itself.
func (o *observation) verdicts() (known map[int]verdict, problems []string) {
	known = map[int]verdict{}
	for _, r := range o.rows {
		if _, twice := known[r.seq]; twice {
			problems = append(problems, fmt.Sprintf("task %d is twice in the joblog", r.seq))
		}
		known[r.seq] = verdict{exit: r.exit, sig: r.sig, runtime: r.runtime}
	}
	seen := map[int]bool{}
	for _, j := range o.objects {
		v, logged := known[j.Seq]
		if seen[j.Seq] {
			problems = append(problems, fmt.Sprintf("task %d has two lines of JSON", j.Seq))
		}
		seen[j.Seq] = true
		if logged && (v.exit != j.Exitval || v.sig != j.Signal) {
			problems = append(problems, fmt.Sprintf("task %d has %v in the joblog, and %q in JSON", j.Seq, v, j.Verdict))
		}
		known[j.Seq] = verdict{exit: j.Exitval, sig: j.Signal, kind: j.Kind, runtime: j.JobRuntime, pid: j.Pid}
	}
	for seq, lines := range o.told {
		v := known[seq]
		v.text = lines[0]
		if len(lines) > 1 {
			problems = append(problems, fmt.Sprintf("task %d is told of %d times", seq, len(lines)))
		}
		if _, there := known[seq]; there {
			known[seq] = v
		}
	}
	return known, problems
}

// String is what is not in files anyway.
func (o *observation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "status %#x after %v, resumed %v, hangs %v, held %v, descriptors %d\n",
		int(o.status), o.took, o.resumed, o.hangs, o.held, o.descriptors)
	for _, h := range o.hits {
		fmt.Fprintf(&b, "%v: %v\n", h.fault, h.pids)
	}
	fmt.Fprintf(&b, "at the end: %v\nleft: %v\ndead: %v\nfiles: %v\n", o.atEnd, o.left, o.zombies, o.files)
	return b.String()
}

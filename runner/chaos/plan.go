package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// outputMode is how results are printed.
type outputMode string

const (
	ordered   outputMode = "ordered"
	unordered outputMode = "unordered"
	byLine    outputMode = "lb"
	ungrouped outputMode = "ungroup"
	asJSON    outputMode = "json"
	jsonKept  outputMode = "json-k"
)

// source is where records come from.
type source string

const (
	fromPipe      source = "pipe"
	fromFile      source = "file"
	fromFIFO      source = "fifo"
	fromArgs      source = "args"
	breaksOff     source = "breaks-off"     // a pipe whose writer dies before the last newline
	thenDirectory source = "then-directory" // a file, and after it one that is a directory
	thenEIO       source = "then-eio"       // the same with one that gives EIO
)

// fails tells that the source ends with an error.
func (s source) fails() bool { return s == thenDirectory || s == thenEIO }

// reader is who reads standard output.
type reader string

const (
	reads       reader = "reads"
	readsSlow   reader = "slow"
	stopsAWhile reader = "stops-a-while" // and then reads on
	closes      reader = "closes"        // after some bytes
	fullDisk    reader = "full-disk"     // nobody: a file where there is no more room
	fileLimit   reader = "file-limit"    // nobody: a file that reaches the limit of its size
)

// Plan is all that is decided of a run beforehand. It is a function of its seed.
type Plan struct {
	Seed uint64

	kind       kind
	jobs       int
	tries      int // --retries, 1 if not given
	crashLimit int
	timeout    time.Duration // 0 for none
	stall      time.Duration // 0 for none
	halt       string
	output     outputMode
	joblog     bool
	jobsFile   bool
	options    []string // that change nothing of what is expected
	tasks      []task
	perBlock   int // lines, where tasks get blocks

	source  source
	gap     time.Duration // now and then between two records
	reader  reader
	room    int           // bytes until the reader closes, or the disk is full
	fullLog bool          // the joblog is where there is no room for more than some bytes
	clock   time.Duration // by which the clocks of boot and of time that only goes forward are ahead

	faults []fault
}

// NewPlan makes the plan of a seed, for the kind with this name, or for any.
func NewPlan(seed uint64, only string) Plan {
	rnd := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	p := Plan{Seed: seed, tries: 1, crashLimit: 1, output: ordered}
	p.kind = chooseKind(rnd, only)
	p.jobs = 1 + rnd.IntN(6)
	p.planFailure(rnd)
	p.planOutput(rnd)
	p.planOptions(rnd)
	hangs := p.timeout > 0 || p.stall > 0
	p.tasks = newTasks(rnd, p.kind, 4+rnd.IntN(44), hangs, p.output == ungrouped)
	if p.kind.has(blocks) {
		p.perBlock = 1 + rnd.IntN(20)
		for i := range p.tasks {
			p.tasks[i].lines, p.tasks[i].width, p.tasks[i].act = p.perBlock, p.tasks[0].width, actOK
		}
	}
	p.planInput(rnd)
	p.planReader(rnd)
	p.faults = newFaults(rnd, &p)
	return p
}

// one tells, by chance, one in n times.
func one(rnd *rand.Rand, n int) bool { return rnd.IntN(n) == 0 }

func (p *Plan) planFailure(rnd *rand.Rand) {
	if one(rnd, 3) {
		p.tries = 2 + rnd.IntN(3)
	}
	if one(rnd, 3) {
		p.crashLimit = 2 + rnd.IntN(2)
	}
	if one(rnd, 6) && !p.kind.has(blocks) {
		p.timeout = time.Duration(200+rnd.IntN(400)) * time.Millisecond
	} else if one(rnd, 8) && !p.kind.has(blocks) {
		p.stall = time.Duration(200+rnd.IntN(400)) * time.Millisecond
	}
	if one(rnd, 8) {
		when := []string{"now", "soon"}[rnd.IntN(2)]
		what := []string{"fail", "success", "done"}[rnd.IntN(3)]
		p.halt = fmt.Sprintf("%s,%s=%d", when, what, 1+rnd.IntN(5))
	}
}

func (p *Plan) planOutput(rnd *rand.Rand) {
	modes := []outputMode{ordered, ordered, ordered, unordered, byLine, asJSON, asJSON, jsonKept}
	if p.kind.has(direct) {
		modes = append(modes, ungrouped)
	}
	p.output = modes[rnd.IntN(len(modes))]
	p.joblog = !one(rnd, 6)
}

func (p *Plan) planOptions(rnd *rand.Rand) {
	maybe := func(n int, words ...string) {
		if one(rnd, n) {
			p.options = append(p.options, words...)
		}
	}
	seconds := func(most int) string { return fmt.Sprintf("%.3f", float64(1+rnd.IntN(most))/1000) }
	maybe(4, "--kill-after", seconds(300))
	maybe(4, "--retry-delay", seconds(30))
	maybe(8, "--delay", seconds(5))
	maybe(8, "--mem-limit", "4G")
	maybe(10, "--term-seq", "TERM,50,INT,20,KILL")
	maybe(10, "--nice", "1")
	maybe(10, "--process-slot-var", "CHAOS_SLOT")
	if p.kind.has(resident) {
		maybe(3, "--idle-timeout", seconds(40))
		maybe(4, "--recycle-tasks", strconv.Itoa(1+rnd.IntN(6)))
		maybe(6, "--recycle-rss", "auto")
	}
	if p.kind.has(oneLine) {
		maybe(3, "--prefetch", strconv.Itoa(1+rnd.IntN(8)))
	}
	p.jobsFile = one(rnd, 10)
}

// gaps is how many gaps the input has, if it has any.
const gaps = 6

func (p *Plan) planInput(rnd *rand.Rand) {
	sources := []source{fromPipe, fromPipe, fromPipe, fromFile, fromFIFO, fromArgs, breaksOff, thenDirectory, thenEIO}
	if p.kind.has(blocks) {
		sources = []source{fromPipe, fromFIFO, fromFile}
	}
	p.source = sources[rnd.IntN(len(sources))]
	if p.source == breaksOff {
		p.tasks = p.tasks[:1+rnd.IntN(len(p.tasks))]
	}
	if one(rnd, 3) {
		p.gap = time.Duration(1+rnd.IntN(60)) * time.Millisecond
	}
	if one(rnd, 12) {
		p.clock = time.Duration(1+rnd.IntN(100_000)) * time.Hour
	}
}

func (p *Plan) planReader(rnd *rand.Rand) {
	readers := []reader{reads, reads, reads, reads, reads, reads, readsSlow, stopsAWhile, closes, fullDisk, fileLimit}
	p.reader = readers[rnd.IntN(len(readers))]
	total := 0
	for _, t := range p.tasks {
		total += t.size()
	}
	p.room = rnd.IntN(total*3/2 + 1)
	p.fullLog = p.joblog && p.reader == reads && one(rnd, 20)
}

// Powers is what takes root, and may be kept even from root in a container.
type Powers struct {
	Disk  bool // a small file system of its own
	Clock bool // a name space whose clocks are ahead
	User  bool // another user
}

// restrict takes out of the plan what cannot be had.
func (p *Plan) restrict(has Powers) {
	if !has.Clock {
		p.clock = 0
	}
	if !has.Disk {
		p.fullLog = false
		if p.reader == fullDisk {
			p.reader = fileLimit
		}
	}
	if !has.User {
		p.faults = slices.DeleteFunc(p.faults, func(f fault) bool { return f.kind == fewProcesses })
	}
}

// json tells whether results are lines of JSON.
func (p *Plan) json() bool { return p.output == asJSON || p.output == jsonKept }

// anyFault tells whether the plan has a fault of a kind.
func (p *Plan) anyFault(k faultKind) bool {
	return slices.ContainsFunc(p.faults, func(f fault) bool { return f.kind == k })
}

// resumable tells whether what a run has left undone can be done by --resume.
func (p *Plan) resumable(o *observation) bool {
	return p.joblog && !p.fullLog && !p.kind.has(blocks) && p.source != breaksOff && len(o.rows) < len(p.tasks)
}

// events is what the plan tries, in words for a table.
func (p *Plan) events() []string {
	list := []string{"kind " + p.kind.name, "output " + string(p.output), "input " + string(p.source), "reader " + string(p.reader)}
	add := func(given bool, event string) {
		if given {
			list = append(list, "with "+event)
		}
	}
	add(p.timeout > 0, "timeout")
	add(p.stall > 0, "stall-timeout")
	add(p.halt != "", "halt")
	add(p.tries > 1, "retries")
	add(p.crashLimit > 1, "crash-limit")
	add(p.joblog, "joblog")
	add(p.fullLog, "joblog on a full disk")
	add(p.clock > 0, "clock offset")
	return list
}

// String describes the plan for whoever looks for what went wrong.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %s, %d tasks, input %s (gap %v), reader %s (room %d), clock %v, joblog full %v\n",
		p.Seed, p.kind.name, len(p.tasks), p.source, p.gap, p.reader, p.room, p.clock, p.fullLog)
	fmt.Fprintf(&b, "xpool %s\n", strings.Join(p.args("python3", false), " "))
	for _, f := range p.faults {
		fmt.Fprintln(&b, f)
	}
	for _, t := range p.tasks {
		fmt.Fprintln(&b, t.record())
	}
	return b.String()
}

// attempts is how often a task may be tried, at the most.
func (p *Plan) attempts() int { return p.tries - 1 + p.crashLimit }

// args returns the arguments of xpool.
func (p *Plan) args(python string, resume bool) []string {
	jobs := strconv.Itoa(p.jobs)
	if p.jobsFile {
		jobs = "./jobs"
	}
	args := []string{"-j", jobs}
	add := func(given bool, words ...string) {
		if given {
			args = append(args, words...)
		}
	}
	add(p.tries > 1, "--retries", strconv.Itoa(p.tries))
	add(p.crashLimit > 1, "--crash-limit", strconv.Itoa(p.crashLimit))
	add(p.timeout > 0, "--timeout", fmt.Sprint(p.timeout.Seconds()))
	add(p.stall > 0, "--stall-timeout", fmt.Sprint(p.stall.Seconds()))
	add(p.halt != "", "--halt", p.halt)
	add(p.joblog, "--joblog", "joblog")
	add(resume, "--resume")
	add(p.kind.has(blocks), "-N", strconv.Itoa(p.perBlock))
	add(p.kind.shell, "--shell")
	args = append(args, p.options...)
	switch p.output {
	case unordered, byLine, ungrouped:
		args = append(args, "--"+strings.ReplaceAll(string(p.output), "lb", "line-buffer"))
	case asJSON:
		args = append(args, "--json")
	case jsonKept:
		args = append(args, "--json", "-k")
	}
	args = append(args, p.source.args()...)
	for _, w := range p.kind.command {
		args = append(args, strings.ReplaceAll(w, "PYTHON", python))
	}
	if p.source == fromArgs {
		args = append(args, ":::")
		for _, t := range p.tasks {
			args = append(args, t.record())
		}
	}
	return args
}

// args returns the options that say where records come from.
func (s source) args() []string {
	switch s {
	case fromFile:
		return []string{"-a", "records"}
	case fromFIFO:
		return []string{"-a", "fifo"}
	case thenDirectory:
		return []string{"-a", "records", "-a", "tmp"}
	case thenEIO:
		return []string{"-a", "records", "-a", "/proc/self/mem"}
	}
	return nil
}

// input is what the source has to give: records, or data.
func (p *Plan) input() string {
	var b strings.Builder
	for _, t := range p.tasks {
		b.WriteString(p.entry(t))
	}
	if p.source == breaksOff {
		return strings.TrimSuffix(b.String(), "\n")
	}
	return b.String()
}

// entry is what the input has for a task.
func (p *Plan) entry(t task) string {
	if p.kind.has(blocks) {
		return t.output()
	}
	return t.record() + "\n"
}

// expected is what a task prints: its output, as its kind ends it.
func (p *Plan) expected(t task) string {
	return p.kind.end(t.output())
}

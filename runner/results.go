package runner

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/jsonlog"
	"xpool/runner/keep"
	"xpool/runner/output"
	"xpool/runner/results"
	"xpool/runner/template"
)

// keeper is an Output that keeps what a task prints instead of printing it.
type keeper interface {
	pool.Resetter

	// begin is called when the task's first attempt begins. An error keeps it from
	// that.
	begin() error

	// end is called once, when the task is over.
	end(res pool.Result) error
}

// keeping makes the keepers of a run.
type keeping struct {
	run    *run
	format results.Format
	stdout bool           // that is where the table goes
	names  []string       // of the columns
	path   *template.Text // of the files of a task; nil for a tree of directories
	prefix string         // of that, before the first replacement string

	mu    sync.Mutex
	table *results.Table
	file  *os.File // of the table, or nil
}

// newKeeping returns what makes keepers, or nil if the tasks just print. It is to be
// opened.
func newKeeping(r *run) (*keeping, error) {
	o := &r.opts.Record
	k := &keeping{run: r, names: r.columns}
	switch {
	case r.opts.DryRun:
		return nil, nil
	case o.Results == "" && (o.Files || o.JSON):
		return k, nil
	case o.Results == "":
		return nil, nil
	}
	k.format, k.stdout = results.ParseTarget(o.Results)
	if k.format != results.Separate {
		return k, nil
	}
	text, err := template.ParseText(o.Results, r.opts.set())
	if err != nil {
		return nil, fmt.Errorf("--results: %w", err)
	}
	if tokens := r.opts.set().Scan(o.Results); len(tokens) > 0 {
		k.path, k.prefix = text, o.Results[:tokens[0].Start]
	}
	return k, nil
}

// open begins the table, if there is one. It is to be closed.
func (k *keeping) open() (err error) {
	switch {
	case k == nil || k.format == results.Separate:
		return nil
	case k.stdout:
		k.table = results.NewTable(&entryWriter{run: k.run}, k.format, k.names)
		return nil
	}
	if k.file, err = createOutput(k.run.opts.Record.Results); err != nil {
		return err
	}
	k.table = results.NewTable(k.file, k.format, k.names)
	return nil
}

// makeDirectory makes the directory that the files of all tasks are in, as far as it has
// a name before there are tasks: each of them would fail without it.
func (k *keeping) makeDirectory() error {
	if k == nil || k.format != results.Separate {
		return nil
	}
	dir := k.run.opts.Record.Results
	if k.path != nil {
		dir = k.prefix[:strings.LastIndexByte(k.prefix, '/')+1]
	}
	if dir = strings.TrimRight(dir, "/"); dir == "" { // it is there
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("--results: %w", err)
	}
	return nil
}

func (k *keeping) close() error {
	if k == nil || k.file == nil {
		return nil
	}
	return k.file.Close()
}

// keeper returns the keeper of a task.
func (k *keeping) keeper(t *task) keeper {
	o := &k.run.opts.Record
	switch {
	case k.table != nil:
		return &textKeeper{task: t, write: k.write}
	case o.Results != "":
		return &fileKeeper{task: t, keeping: k}
	case o.JSON:
		return &textKeeper{task: t, write: k.encode}
	default:
		return &tempKeeper{task: t}
	}
}

// begin is told of each task that begins, in their order: the first one has the columns
// of the table, whichever ends first.
func (k *keeping) begin(t *task) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.table != nil {
		k.table.Columns(len(t.args))
	}
}

// write writes a row of the table, as it ends: a row may come in several pieces, and
// the first one brings the names of the columns.
func (k *keeping) write(_ *task, r *jsonlog.Result) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.table.Write(r)
}

// encode prints a line of JSON in the place of what the task has printed.
func (k *keeping) encode(t *task, r *jsonlog.Result) error {
	return jsonlog.NewEncoder(&entryWriter{run: k.run, entry: t.entry}).Encode(r)
}

// endOrder tells whether what is printed of tasks comes in the order in which they
// end: a table or lines of JSON, of which each says which task it is about.
func (o *Options) endOrder() bool {
	format, stdout := results.ParseTarget(o.Record.Results)
	return o.Record.JSON && !o.KeepOrder || format != results.Separate && stdout
}

// place is where the files of a task are.
func (k *keeping) place(t *task) (results.Place, error) {
	root := k.run.opts.Record.Results
	switch {
	case k.path == nil && k.run.opts.Pipe.blocks():
		return results.Tree(root, []string{"block"}, []string{strconv.FormatInt(t.seq, 10)}), nil
	case k.path == nil:
		return results.Tree(root, k.names, t.args), nil
	}
	return results.Expanded(k.prefix, k.path.Expand(t.context(t.slot)))
}

// entryWriter prints on standard output: on an entry, or each piece on one of its
// own. It waits where the printer wants it to, until the run ends.
type entryWriter struct {
	run   *run
	entry *output.Entry
}

func (w *entryWriter) Write(b []byte) (int, error) {
	e := w.entry
	if e == nil {
		e = w.run.printer.Open()
		defer e.Close("")
	}
	room := make(chan struct{}, 1)
	if !e.Write(output.Stdout, b, func() { room <- struct{}{} }) && w.entry != nil {
		select {
		case <-room:
		case <-w.run.broken:
		}
	}
	return len(b), nil
}

// textKeeper keeps what a task prints until it is over.
type textKeeper struct {
	task  *task
	text  [2]keep.Buffer
	write func(*task, *jsonlog.Result) error
	err   error
}

func (k *textKeeper) begin() error {
	k.task.run.keeping.begin(k.task)
	for i := range k.text {
		k.text[i].Dir = k.task.run.tempDir()
	}
	return nil
}

func (k *textKeeper) Write(s pool.Stream, b []byte, _ func()) bool {
	if _, err := k.text[s].Write(b); err != nil && k.err == nil {
		k.err = err
		k.task.run.fail(err)
	}
	return true
}

func (k *textKeeper) Reset() {
	for i := range k.text {
		_ = k.text[i].Close() // of what is not wanted any more
	}
}

func (k *textKeeper) end(res pool.Result) error {
	defer k.Reset()
	if res.Verdict.Kind == crashdetect.Stopped || k.err != nil {
		return nil // which has been told
	}
	r := k.task.jsonResult(res)
	r.Stdout, r.Stderr = &k.text[pool.Stdout], &k.text[pool.Stderr]
	return k.write(k.task, r)
}

// fileKeeper keeps what a task prints in files with names of the task's own.
type fileKeeper struct {
	task    *task
	keeping *keeping
	files   *results.Files // nil before the task begins
	failed  bool
}

func (k *fileKeeper) begin() error {
	place, err := k.keeping.place(k.task)
	if err == nil {
		k.files, err = results.Create(place)
	}
	return err
}

func (k *fileKeeper) Write(s pool.Stream, b []byte, _ func()) bool {
	f := k.files.Stdout
	if s == pool.Stderr {
		f = k.files.Stderr
	}
	if _, err := f.Write(b); err != nil && !k.failed {
		k.failed = true
		k.task.run.fail(err)
	}
	return true
}

func (k *fileKeeper) Reset() {
	if err := k.files.Reset(); err != nil {
		k.task.run.fail(err)
	}
}

func (k *fileKeeper) end(res pool.Result) error {
	switch {
	case k.files == nil:
		return nil
	case res.Verdict.Kind == crashdetect.Stopped || k.failed:
		return k.files.Close()
	}
	if k.task.run.opts.Record.Files {
		k.task.printName(k.files.Stdout.Name())
	}
	return k.files.Finish(k.task.seq)
}

// tempKeeper keeps the standard output of a task in a file that stays, whose name
// the task prints instead. Its standard error is printed.
type tempKeeper struct {
	task   *task
	file   *os.File // nil before the task begins
	failed bool
}

func (k *tempKeeper) begin() (err error) {
	k.file, err = results.Temp(k.task.run.tempDir())
	return err
}

func (k *tempKeeper) Write(s pool.Stream, b []byte, resume func()) bool {
	if s == pool.Stderr {
		return k.task.entry.Write(output.Stderr, b, resume)
	}
	if _, err := k.file.Write(b); err != nil && !k.failed {
		k.failed = true
		k.task.run.fail(err)
	}
	return true
}

func (k *tempKeeper) Reset() {
	k.task.entry.Reset()
	if err := k.file.Truncate(0); err != nil {
		k.task.run.fail(err)
		return
	}
	_, _ = k.file.Seek(0, io.SeekStart)
}

func (k *tempKeeper) end(pool.Result) error {
	if k.file == nil {
		return nil
	}
	k.task.printName(k.file.Name())
	return k.file.Close()
}

// printName prints the name of a file instead of what is in it: a line, whatever is
// in the name.
func (t *task) printName(name string) {
	if strings.ContainsRune(name, '\n') {
		name = quoteWord(name)
	}
	t.entry.Write(output.Stdout, []byte(name+"\n"), nil)
}

package stub

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xpool/pool/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// language is an interpreter and its stub.
type language struct {
	name    string
	program string
	flag    string
	source  string
}

func languages() []language {
	return []language{
		{"python", "python3", "-c", Python()},
		{"perl", "perl", "-e", Perl()},
		{"node", "node", "-e", Node()},
	}
}

// codes are texts in each language; an empty one is not tried.
type codes struct{ python, perl, node string }

func (c codes) of(l language) string {
	switch l.name {
	case "python":
		return c.python
	case "perl":
		return c.perl
	default:
		return c.node
	}
}

// each runs f for each language that is installed and has a text in c.
func each(t *testing.T, c codes, f func(t *testing.T, l language, code string)) {
	for _, l := range languages() {
		code := c.of(l)
		if code == "" {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			peertest.Path(t, l.program)
			f(t, l, code)
		})
	}
}

// worker is a stub that runs. Its methods fail the test when it does not answer.
type worker struct {
	t        testing.TB
	cmd      *exec.Cmd
	requests io.WriteCloser
	replies  *bufio.Reader
	own      bytes.Buffer // its own standard error; to be read after wait
	pair     *pair        // number 0, opened; nil if it has to be
	seq      int64
}

// setting is how a worker is started beside its code.
type setting struct {
	mode Mode // default Code
	init string
	dir  string
	env  []string
}

// begin starts a worker and sends it its setup.
func begin(t testing.TB, l language, code string, s setting) *worker {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if t, ok := t.(*testing.T); ok {
		if d, ok := t.Deadline(); ok {
			ctx, cancel = context.WithDeadline(context.Background(), d.Add(-5*time.Second))
		}
	}
	w := &worker{t: t, cmd: exec.CommandContext(ctx, l.program, l.flag, l.source)}
	w.cmd.Dir = s.dir
	w.cmd.Env = append(os.Environ(), s.env...)
	w.cmd.Stderr = &w.own
	w.cmd.WaitDelay = time.Second // of children that hold its standard error
	var err error
	if w.requests, err = w.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.replies = bufio.NewReader(out)
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		w.cmd.Wait()
		w.drop()
	})
	mode := s.mode
	if mode == "" {
		mode = Code
	}
	w.send(AppendSetup(nil, mode, code, s.init))
	return w
}

// start starts a worker that must become ready.
func start(t testing.TB, l language, code string, s setting) *worker {
	t.Helper()
	w := begin(t, l, code, s)
	if line := w.line(); line != Ready {
		w.cmd.Wait()
		t.Fatalf("setup: %q, standard error: %s", line, w.own.String())
	}
	return w
}

func (w *worker) send(b []byte) {
	w.t.Helper()
	if _, err := w.requests.Write(b); err != nil {
		w.t.Fatal(err)
	}
}

// line returns the next reply, "" at their end.
func (w *worker) line() string {
	line, err := w.replies.ReadString('\n')
	if err != nil {
		return line
	}
	return line[:len(line)-1]
}

// end closes the requests and returns the exit status and what the worker had to
// say for itself. There must be no more replies.
func (w *worker) end() (status int, own string) {
	w.t.Helper()
	w.requests.Close()
	if rest, _ := io.ReadAll(w.replies); len(rest) > 0 {
		w.t.Errorf("replies nobody asked for: %q", rest)
	}
	w.cmd.Wait()
	return w.cmd.ProcessState.ExitCode(), w.own.String()
}

// result is a task's reply and what came through its pair.
type result struct {
	status   int
	clean    bool
	out, err string
}

func (r result) String() string {
	return fmt.Sprintf("status %d, clean %t, output %.300q, errors %.300q", r.status, r.clean, r.out, r.err)
}

// run runs one task. After an unclean one it waits for the end of what the task
// has started.
func (w *worker) run(args ...string) result {
	w.t.Helper()
	w.seq++
	if w.pair == nil {
		w.pair = newPair(w.t)
		w.send(w.pair.request(0))
	}
	w.pair.read()
	w.send(AppendTask(nil, Task{Seq: w.seq, Attempt: 1, Pair: 0, Args: args}))
	line := w.line()
	reply, ok := ParseReply([]byte(line))
	if !ok || reply.Seq != w.seq {
		w.cmd.Process.Kill()
		w.cmd.Wait()
		w.t.Fatalf("reply %q to task %d, standard error: %s", line, w.seq, w.own.String())
	}
	r := result{status: reply.Status, clean: reply.Clean}
	if reply.Clean {
		r.out, r.err = w.pair.cut()
	} else {
		r.out, r.err = w.pair.rest()
		w.drop()
	}
	return r
}

func (w *worker) drop() {
	if w.pair != nil {
		w.pair.rest()
		w.pair.close()
		w.pair = nil
	}
}

// marker is what a pair writes into its own pipes behind a task's output.
const marker = "\x00[end of the task]\x00"

// pair is the reading side of a pair, and a writing side to end the reading with.
type pair struct {
	t       testing.TB
	r, w    [2]*os.File
	pending [2]chan string // of the goroutines that read
}

func newPair(t testing.TB) *pair {
	p := &pair{t: t}
	for i := range p.r {
		var err error
		if p.r[i], p.w[i], err = os.Pipe(); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// request opens the pair in a worker.
func (p *pair) request(number int) []byte {
	var paths [2]string
	for i, r := range p.r {
		c, err := r.SyscallConn()
		if err != nil {
			p.t.Fatal(err)
		}
		c.Control(func(fd uintptr) { paths[i] = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd) })
	}
	return AppendPair(nil, number, paths[0], paths[1])
}

// read begins to read, until the marker or the end of file.
func (p *pair) read() {
	for i, r := range p.r {
		done := make(chan string, 1)
		p.pending[i] = done
		go func() {
			var all []byte
			for b := make([]byte, 64<<10); !bytes.HasSuffix(all, []byte(marker)); {
				n, err := r.Read(b)
				all = append(all, b[:n]...)
				if err != nil {
					break
				}
			}
			done <- string(bytes.TrimSuffix(all, []byte(marker)))
		}()
	}
}

// cut returns what has been written so far.
func (p *pair) cut() (out, err string) {
	for _, w := range p.w {
		io.WriteString(w, marker)
	}
	return p.wait()
}

// rest returns what is written until nobody can write any more.
func (p *pair) rest() (out, err string) {
	for _, w := range p.w {
		w.Close()
	}
	return p.wait()
}

func (p *pair) wait() (out, err string) {
	var s [2]string
	for i, done := range p.pending {
		if done != nil {
			s[i] = <-done
			p.pending[i] = nil
		}
	}
	return s[0], s[1]
}

func (p *pair) close() {
	for i := range p.r {
		p.r[i].Close()
		p.w[i].Close()
	}
}

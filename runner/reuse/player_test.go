package reuse

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// TestMain lets the test binary be the server that Client starts.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == ServerName {
		time.AfterFunc(playerLife, func() { os.Exit(3) })
		if err := Main(os.Args, func() (Work, error) { return newPlayer(), nil }); err != nil {
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// playerLife is when a server goes by itself, if its test was killed.
const playerLife = time.Minute

// player is the Work of a server that tells about itself: it answers each line of a call with one.
//
//	pid     the process
//	fds     its descriptors that a server should not have
//	over    nothing; the work is over then
type player struct {
	mu      sync.Mutex
	streams map[*net.UnixConn]bool
	over    chan struct{}
	once    sync.Once
}

func newPlayer() *player {
	return &player{streams: map[*net.UnixConn]bool{}, over: make(chan struct{})}
}

func (p *player) Counts() (slots, workers int) { return 2, 1 }
func (p *player) Over() <-chan struct{}        { return p.over }

func (p *player) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.streams {
		s.Close()
	}
}

func (p *player) Serve(stream *net.UnixConn) {
	p.mu.Lock()
	p.streams[stream] = true
	p.mu.Unlock()
	for lines := bufio.NewScanner(stream); lines.Scan(); {
		switch lines.Text() {
		case "pid":
			fmt.Fprintln(stream, os.Getpid())
		case "fds":
			fmt.Fprintln(stream, strayDescriptors())
		case "over":
			p.once.Do(func() { close(p.over) })
		}
	}
	p.mu.Lock()
	delete(p.streams, stream)
	p.mu.Unlock()
}

// strayDescriptors are those that were open for whatever program this process runs.
func strayDescriptors() (found []int) {
	for fd := firstStrayFD; fd < fewDescriptors; fd++ {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			found = append(found, fd)
		}
	}
	return found
}

// stage is a directory of servers for one test. At its end all of them are ended.
type stage struct {
	*testing.T
	*Directory
	mu   sync.Mutex
	pids []int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	runtime := filepath.Join(t.TempDir(), strings.Repeat("long", 30)) // longer than the address of a socket may be
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := OpenDirectory(variable("XDG_RUNTIME_DIR", runtime))
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, Directory: d}
	t.Cleanup(func() {
		for _, pid := range s.pids {
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = unix.Wait4(pid, nil, 0, nil)
		}
		d.Close()
	})
	return s
}

func variable(name, value string) func(string) string {
	return func(n string) string {
		if n == name {
			return value
		}
		return ""
	}
}

// client returns one of a server that ends after idle.
func (s *stage) client(idle time.Duration) *Client {
	s.Helper()
	self, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	return &Client{Directory: s.Directory, Identity: "server", Spec: Spec{
		Program: self, Env: append(os.Environ(), "GORACE=atexit_sleep_ms=0"), Name: "name", Command: "command", IdleTimeout: idle,
	}}
}

// call is a call that goes on.
type call struct {
	*stage
	stream *net.UnixConn
	lines  *bufio.Reader
}

func (s *stage) call(c *Client) *call {
	s.Helper()
	stream, err := c.Dial(s.Context())
	s.mu.Lock()
	s.pids = append(s.pids, c.started...)
	c.started = nil
	s.mu.Unlock()
	if err != nil {
		s.Fatal(err)
	}
	return &call{s, stream, bufio.NewReader(stream)}
}

// ask returns what the server answers.
func (c *call) ask(what string) string {
	c.Helper()
	_, err := fmt.Fprintln(c.stream, what)
	line, err2 := c.lines.ReadString('\n')
	if err := errors.Join(err, err2); err != nil {
		c.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (c *call) pid() (pid int) {
	c.Helper()
	if _, err := fmt.Sscan(c.ask("pid"), &pid); err != nil {
		c.Fatal(err)
	}
	return pid
}

// cut waits until the server has ended the call.
func (c *call) cut() {
	c.Helper()
	defer c.stream.Close()
	if _, err := io.Copy(io.Discard, c.lines); err != nil && !isReset(err) {
		c.Error(err)
	}
}

// await polls until ok.
func (s *stage) await(what string, ok func() bool) {
	s.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("waited in vain for %s", what)
		}
	}
}

// awaitEnd waits for the end of a server, which is a child, and tells what it ended with.
func (s *stage) awaitEnd(pid int) (status syscall.WaitStatus) {
	s.Helper()
	s.await("the end of the server", func() bool {
		got, err := unix.Wait4(pid, (*unix.WaitStatus)(&status), unix.WNOHANG, nil)
		return got == pid || err == unix.ECHILD
	})
	s.mu.Lock()
	s.pids = slices.DeleteFunc(s.pids, func(p int) bool { return p == pid })
	s.mu.Unlock()
	return status
}

// expectEmpty fails if anything is left in the directory.
func (s *stage) expectEmpty() {
	s.Helper()
	files, err := os.ReadDir(s.Path())
	if err != nil || len(files) > 0 {
		s.Errorf("left in the directory: %v, %v", files, err)
	}
}

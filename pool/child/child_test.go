package child

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// equipment is what a test needs to start children. The goroutine stays locked
// to its thread, as Start wants it.
type equipment struct {
	reactor *reactor.Reactor
	watcher *Watcher
	null    *os.File
}

func equip(t *testing.T) *equipment {
	t.Helper()
	runtime.LockOSThread()
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := &equipment{r, NewWatcher(r), null}
	t.Cleanup(func() {
		e.watcher.Close()
		r.Close()
		null.Close()
	})
	return e
}

func (e *equipment) spec(path string, args ...string) *Spec {
	fd := int(e.null.Fd())
	return &Spec{Path: path, Argv: append([]string{path}, args...), Env: os.Environ(), Stdin: fd, Stdout: fd, Stderr: fd}
}

// await returns how p ended.
func (e *equipment) await(t *testing.T, p *Process) syscall.WaitStatus {
	t.Helper()
	ended := false
	if err := e.watcher.Add(p, func() { ended = true }); err != nil {
		t.Fatal(err)
	}
	for !ended {
		if err := e.reactor.Wait(reactor.Forever); err != nil {
			t.Fatal(err)
		}
	}
	status, _ := p.Reap()
	return status
}

func TestStart(t *testing.T) {
	e := equip(t)
	p, err := Start(e.spec("/bin/sh", "-c", "exit 7"))
	if err != nil {
		t.Fatal(err)
	}
	if pgid, err := unix.Getpgid(p.Pid); err == nil && pgid != p.Pid {
		t.Errorf("group %d, want %d", pgid, p.Pid)
	}
	if status := e.await(t, p); status.ExitStatus() != 7 {
		t.Errorf("status %v", status)
	}
}

func TestSignaled(t *testing.T) {
	e := equip(t)
	p, err := Start(e.spec("/bin/sh", "-c", "kill -SEGV $$"))
	if err != nil {
		t.Fatal(err)
	}
	signaled := false
	ended := false
	e.watcher.Add(p, func() { signaled, ended = p.Signaled(), true })
	for !ended {
		e.reactor.Wait(reactor.Forever)
	}
	if status, _ := p.Reap(); !signaled || status.Signal() != syscall.SIGSEGV {
		t.Errorf("%v, signaled %v", status, signaled)
	}
}

// Without descriptors for processes the end of several children is told too.
func TestWithoutPidfd(t *testing.T) {
	e := equip(t)
	left := 0
	for i := range 5 {
		p, err := Start(e.spec("/bin/sh", "-c", "exit "+string(rune('0'+i))))
		if err != nil {
			t.Fatal(err)
		}
		if p.pidfd >= 0 {
			unix.Close(p.pidfd)
			p.pidfd = -1
		}
		left++
		err = e.watcher.Add(p, func() {
			left--
			if status, _ := p.Reap(); status.ExitStatus() != i {
				t.Errorf("child %d: %v", i, status)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for left > 0 {
		e.reactor.Wait(reactor.Forever)
	}
}

// A script without a first line that names an interpreter is run by sh.
func TestNoInterpreter(t *testing.T) {
	e := equip(t)
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("exit $1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var p *Process
	var err error
	for { // another test may be forking while the file is open for writing
		if p, err = Start(e.spec(path, "9")); err != syscall.ETXTBSY {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if status := e.await(t, p); status.ExitStatus() != 9 {
		t.Errorf("status %v", status)
	}
}

func TestStartErrors(t *testing.T) {
	e := equip(t)
	_, err := Start(e.spec(filepath.Join(t.TempDir(), "no-such-program")))
	if err != syscall.ENOENT || Temporary(err) {
		t.Errorf("error %v, temporary %v", err, Temporary(err))
	}
	if !Temporary(syscall.EAGAIN) || !Temporary(&os.PathError{Err: syscall.EMFILE}) || Temporary(syscall.EACCES) {
		t.Error("Temporary is wrong about a shortage, or about what is none")
	}
}

package semaphore

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// What the test binary plays when playVar is set: "acquire" takes the semaphore and says so; "adopt" is started with a hold as its
// descriptor 3. Both release when their standard input ends. "loop" takes the semaphore again and again, and adds 1 to the
// number in the file nameVar each time.
const (
	playVar = "SEMAPHORE_TEST_PLAY"
	rootVar = "SEMAPHORE_TEST_ROOT"
	idVar   = "SEMAPHORE_TEST_ID"
	nVar    = "SEMAPHORE_TEST_N"
	nameVar = "SEMAPHORE_TEST_NAME"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(playVar); role != "" {
		if err := play(role); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func play(role string) error {
	n, err := strconv.Atoi(os.Getenv(nVar))
	if err != nil {
		return err
	}
	s, err := Open(os.Getenv(rootVar), os.Getenv(idVar), n)
	if err != nil {
		return err
	}
	var h *Hold
	switch role {
	case "loop":
		return loop(s, os.Getenv(nameVar))
	case "acquire":
		h, err = s.Acquire(context.Background(), 0)
	case "adopt":
		h, err = s.Adopt(os.Getenv(nameVar), 3)
	default:
		err = fmt.Errorf("no role %q", role)
	}
	if err != nil {
		return err
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	h.Release()
	return nil
}

// loops is how often "loop" takes the semaphore.
const loops = 40

// loop adds 1 to the number in a file, in a way that loses some if two do it at a time.
func loop(s *Semaphore, name string) error {
	for range loops {
		h, err := s.Acquire(context.Background(), 0)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(text))
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(strconv.Itoa(n+1)), 0o600); err != nil {
			return err
		}
		h.Release()
	}
	return nil
}

// player is a process that the test binary plays.
type player struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

// start starts a process for the semaphore; extra is what it finds from descriptor 3 on.
func start(t *testing.T, s *Semaphore, role, id, name string, extra ...*os.File) *player {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &player{cmd: exec.CommandContext(t.Context(), exe)}
	root := filepath.Dir(s.dir)
	p.cmd.Env = append(os.Environ(), playVar+"="+role, rootVar+"="+root, idVar+"="+id, fmt.Sprint(nVar, "=", s.n), nameVar+"="+name)
	p.cmd.ExtraFiles = extra
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// held waits until the process says that it holds.
func (p *player) held(t *testing.T) {
	t.Helper()
	if line, err := p.out.ReadString('\n'); line != "held\n" {
		t.Fatalf("the process said %q, %v", line, err)
	}
}

// release ends the process the good way.
func (p *player) release(t *testing.T) {
	t.Helper()
	p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// kill ends it with SIGKILL.
func (p *player) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// open returns a semaphore in a directory of the test's own.
func open(t *testing.T, root, id string, n int) *Semaphore {
	t.Helper()
	s, err := Open(root, id, n)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// acquire takes the semaphore, within the test's time.
func acquire(t *testing.T, s *Semaphore) *Hold {
	t.Helper()
	h, err := s.Acquire(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask acquires the semaphore on a goroutine of its own.
func ask(t *testing.T, s *Semaphore) <-chan *Hold {
	got := make(chan *Hold, 1)
	go func() {
		h, err := s.Acquire(t.Context(), 0)
		if err != nil {
			t.Error(err)
		}
		got <- h
	}()
	return got
}

// count returns how many hold and wait.
func count(t *testing.T, s *Semaphore) (holders, waiters int) {
	t.Helper()
	l, err := s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.unlock()
	found, err := l.list()
	if err != nil {
		t.Fatal(err)
	}
	found.closeBut()
	return len(found.holders), len(found.waiters)
}

// untilWaiting returns when so many wait.
func untilWaiting(t *testing.T, s *Semaphore, n int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if _, waiters := count(t, s); waiters == n {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("there are not %d that wait", n)
		}
	}
}

// rootDir returns a root that does not exist yet.
func rootDir(t *testing.T) string { return filepath.Join(t.TempDir(), "root") }

package reuse

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const long = time.Hour

// Of many first calls at once one starts the server, and all have the same.
func TestStartRace(t *testing.T) {
	s := newStage(t)
	pids := make(chan int, 40)
	var all sync.WaitGroup
	for range cap(pids) {
		all.Go(func() {
			c := s.call(s.client(long))
			defer c.stream.Close()
			pids <- c.pid()
		})
	}
	all.Wait()
	close(pids)
	found := map[int]bool{}
	for pid := range pids {
		found[pid] = true
	}
	if len(found) != 1 || len(s.pids) != 1 {
		t.Errorf("the servers are %v, and those started %v", found, s.pids)
	}
}

// A server that was killed is replaced, and so is what it leaves in the directory.
func TestKilled(t *testing.T) {
	s := newStage(t)
	first := s.call(s.client(long))
	pid := first.pid()
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	first.cut()
	s.awaitEnd(pid)
	second := s.call(s.client(long))
	defer second.stream.Close()
	if second.pid() == pid {
		t.Error("a dead server answers")
	}
	if err := unix.Kill(second.pid(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second.cut()
	if found, err := List(t.Context(), s.Directory); err != nil || len(found) > 0 {
		t.Errorf("listed: %v, %v", found, err)
	}
	s.expectEmpty()
}

// A server ends by itself after some time without a call, and not before the first one.
func TestIdle(t *testing.T) {
	s := newStage(t)
	c := s.call(s.client(time.Millisecond))
	pid := c.pid()
	c.stream.Close()
	if status := s.awaitEnd(pid); status != 0 {
		t.Errorf("ended with %#x", status)
	}
	s.expectEmpty()
}

// A server whose work is over takes no more calls: the next one starts another.
func TestOver(t *testing.T) {
	s := newStage(t)
	first := s.call(s.client(long))
	pid := first.pid()
	if _, err := first.stream.Write([]byte("over\n")); err != nil {
		t.Fatal(err)
	}
	s.await("the end of the socket", func() bool { return s.identify("server") == fileID{} })
	second := s.call(s.client(long))
	defer second.stream.Close()
	if first.pid() != pid || second.pid() == pid {
		t.Error("the call that went on was cut, or the new one has the old server")
	}
	first.stream.Close()
	s.awaitEnd(pid)
	if second.pid(); (s.identify("server") == fileID{}) {
		t.Error("the server that ended took the socket of the next one along")
	}
}

// SIGTERM lets calls come to their end, and a second one does not.
func TestTerm(t *testing.T) {
	for _, signals := range []int{1, 2} {
		s := newStage(t)
		c := s.call(s.client(long))
		pid := c.pid()
		for range signals {
			if err := unix.Kill(pid, unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
			s.await("the end of the socket", func() bool { return s.identify("server") == fileID{} })
		}
		if signals == 1 {
			if c.pid() != pid {
				t.Error("the call was cut")
			}
			c.stream.Close()
		} else {
			c.cut()
		}
		if status := s.awaitEnd(pid); status != 0 {
			t.Errorf("%d signals: ended with %#x", signals, status)
		}
		s.expectEmpty()
	}
}

// Stop waits for the calls that there are; List tells of them.
func TestListAndStop(t *testing.T) {
	s := newStage(t)
	c := s.call(s.client(long))
	pid := c.pid()
	found, err := List(t.Context(), s.Directory)
	if err != nil || len(found) != 1 {
		t.Fatalf("listed: %v, %v", found, err)
	}
	got := found[0]
	if got.Age <= 0 {
		t.Errorf("age %v", got.Age)
	}
	got.Age = 0
	if want := (Info{Name: "name", Command: "command", Pid: pid, Slots: 2, Workers: 1, Running: 1, Calls: 1}); got != want {
		t.Errorf("listed %+v, want %+v", got, want)
	}
	none, err := Stop(t.Context(), s.Directory, func(i Info) bool { return i.Name != "name" }, func(Info) {})
	if none != 0 || err != nil {
		t.Errorf("stopped %d, %v", none, err)
	}
	told := func(i Info) {
		if i.Running != 1 || c.pid() != pid {
			t.Errorf("the call was cut: %+v", i)
		}
		s.expectEmpty()
		c.stream.Close()
	}
	one, err := Stop(t.Context(), s.Directory, func(i Info) bool { return i.Name == "name" }, told)
	if one != 1 || err != nil {
		t.Errorf("stopped %d, %v", one, err)
	}
	s.awaitEnd(pid)
}

// A server has no file of its caller's, and is in a session of its own.
func TestDetached(t *testing.T) {
	s := newStage(t)
	stray, err := unix.Open(os.DevNull, unix.O_RDONLY, 0) // without O_CLOEXEC
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(stray)
	high, err := unix.FcntlInt(uintptr(stray), unix.F_DUPFD, fewDescriptors+7)
	if err == nil { // the limit may be lower
		defer unix.Close(high)
	}
	c := s.call(s.client(long))
	defer c.stream.Close()
	if fds := c.ask("fds"); fds != "[]" {
		t.Errorf("the server has %s", fds)
	}
	if session, err := unix.Getsid(c.pid()); err != nil || session != c.pid() {
		t.Errorf("the session of %d is %d, %v", c.pid(), session, err)
	}
}

// A program that cannot be started leaves no socket behind.
func TestNoProgram(t *testing.T) {
	s := newStage(t)
	client := s.client(long)
	client.Spec.Program = filepath.Join(t.TempDir(), "none")
	if _, err := client.Dial(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot start the server") {
		t.Errorf("got %v", err)
	}
	s.expectEmpty()
}

func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{
		nil, {ServerName}, {ServerName, "id", "1", "name"}, {ServerName, "id", "x", "name", "command"}, {ServerName, "id", "-1", "name", "command"},
	} {
		if err := Main(args, nil); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	c, err := parseCommandLine([]string{ServerName, "id", "5", "", "command"})
	if want := (commandLine{"id", 5, "", "command"}); c != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", c, err, want)
	}
}

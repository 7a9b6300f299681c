package pace

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Shell runs commands with a shell. Its fields are set before the first run; the zero value runs /bin/sh with this
// process's environment and throws away what the command writes. Its methods may be called from any goroutine.
type Shell struct {
	Path   string   // of a shell that takes -c; "" is /bin/sh
	Env    []string // nil is this process's environment
	Dir    string   // "" is the current directory
	Stderr *os.File // where standard output and standard error go; nil is nowhere

	mu       sync.Mutex
	starting int          // runs whose process is not known yet
	pids     map[int]bool // processes that are not waited for yet
}

// Run is a Runner. The command gets a process group of its own, an empty standard input and, where the kernel has it, SIGKILL
// when this process dies. What it leaves behind in the background when it ends by itself is not killed.
func (s *Shell) Run(ctx context.Context, command string) (int, error) {
	// The death signal follows the thread that forks: it must not end before the command.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	path := s.Path
	if path == "" {
		path = "/bin/sh"
	}
	cmd := exec.CommandContext(ctx, path, "-c", command)
	cmd.Env, cmd.Dir = s.Env, s.Dir
	if s.Stderr != nil {
		cmd.Stdout, cmd.Stderr = s.Stderr, s.Stderr
	}
	cmd.SysProcAttr = commandAttributes()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := s.start(cmd); err != nil {
		return 0, err
	}
	err := cmd.Wait()
	s.forget(cmd.Process.Pid)
	if cmd.ProcessState == nil {
		return 0, err
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return status.ExitStatus(), nil
}

// start starts cmd so that Owns never misses it.
func (s *Shell) start(cmd *exec.Cmd) error {
	s.mu.Lock()
	s.starting++
	s.mu.Unlock()
	err := cmd.Start()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starting--
	if err == nil {
		if s.pids == nil {
			s.pids = make(map[int]bool)
		}
		s.pids[cmd.Process.Pid] = true
	}
	return err
}

func (s *Shell) forget(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pids, pid)
}

// Owns reports whether the process is a command's, so that whoever reaps or kills the orphans that this process adopts
// leaves it alone. While a command is being started, that may be any process: then it returns true for all.
func (s *Shell) Owns(pid int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.starting > 0 || s.pids[pid]
}

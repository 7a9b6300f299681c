// Package child starts processes for a reactor's thread and tells it when they
// end.
//
// A child gets the descriptors that it is given and no other, the default disposition of every
// signal that is not ignored, a process group of its own and, where the kernel
// has it, SIGKILL when its parent dies. That last signal follows the thread that
// forked, so Start is called by a goroutine that is locked to its thread for as
// long as any child lives.
package child

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// Spec says what to start. All descriptors are the caller's and stay open.
type Spec struct {
	Path   string   // file to execute, as exec(3) takes it: no search in PATH
	Argv   []string // Argv[0] is the name that the program is told
	Env    []string // the whole environment
	Dir    string   // working directory; "" is the caller's
	Stdin  int      // descriptors in this process
	Stdout int
	Stderr int

	// Extra are further descriptors, which the child finds from 3 on.
	Extra []int

	// SameGroup leaves the child in this process's own process group, so that it
	// can use the terminal as this process can.
	SameGroup bool
}

// Process is a started child. It is owned by the reactor's goroutine. Its pid
// stays reserved until Reap.
type Process struct {
	Pid     int
	Started time.Time

	pidfd  int // -1 where there is none
	ended  bool
	status syscall.WaitStatus
	rusage syscall.Rusage
}

// Start starts a child, the leader of a new process group whose id is its pid
// unless SameGroup is set.
// The error is that of the system call; Temporary tells whether the same call
// may work later.
//
// A file without a header that the kernel knows is handed to /bin/sh, as
// execvp(3) does.
func Start(s *Spec) (*Process, error) {
	p, err := start(s, s.Path, s.Argv)
	if errors.Is(err, syscall.ENOEXEC) {
		argv := append([]string{s.Argv[0], s.Path}, s.Argv[1:]...)
		return start(s, "/bin/sh", argv)
	}
	return p, err
}

func start(s *Spec, path string, argv []string) (*Process, error) {
	p := &Process{pidfd: -1}
	attr := &syscall.ProcAttr{
		Dir:   s.Dir,
		Env:   s.Env,
		Files: s.files(),
		Sys:   p.attributes(!s.SameGroup),
	}
	p.Started = time.Now()
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return nil, err
	}
	p.Pid = pid
	return p, nil
}

func (s *Spec) files() []uintptr {
	files := make([]uintptr, 0, 3+len(s.Extra))
	files = append(files, uintptr(s.Stdin), uintptr(s.Stdout), uintptr(s.Stderr))
	for _, fd := range s.Extra {
		files = append(files, uintptr(fd))
	}
	return files
}

// Temporary tells whether err of Start is a shortage that passes: no process,
// memory or descriptor to be had, or a program file that somebody still has
// open for writing.
func Temporary(err error) bool {
	for _, e := range []syscall.Errno{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, syscall.ETXTBSY} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Reap collects an ended child and returns how it ended and what it used. Only
// after it may the system give the pid, and the group's id, to others. To be
// called once, from or after the handler given to Watcher.Add.
func (p *Process) Reap() (syscall.WaitStatus, syscall.Rusage) {
	for !p.ended {
		pid, err := syscall.Wait4(p.Pid, &p.status, 0, &p.rusage)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid == p.Pid { // on ECHILD nothing is left to learn
			p.ended = true
		}
	}
	return p.status, p.rusage
}

// Watcher tells when children end. It is owned by the reactor's goroutine.
type Watcher struct {
	reactor *reactor.Reactor
	sigchld *sigchld // made for the first child without a descriptor
}

// NewWatcher returns a watcher that calls its handlers from r's Wait. The
// caller ends it with Close.
func NewWatcher(r *reactor.Reactor) *Watcher { return &Watcher{reactor: r} }

// Add calls h once, when p has ended and is waiting to be reaped.
func (w *Watcher) Add(p *Process, h func()) error {
	if p.pidfd >= 0 {
		return w.reactor.Add(p.pidfd, func() bool {
			w.reactor.Remove(p.pidfd)
			unix.Close(p.pidfd)
			p.pidfd = -1
			h()
			return false
		})
	}
	if w.sigchld == nil {
		s, err := newSigchld(w.reactor)
		if err != nil {
			return err
		}
		w.sigchld = s
	}
	w.sigchld.add(p, h)
	return nil
}

// Close ends the watcher; no child that it watches is left.
func (w *Watcher) Close() {
	if w.sigchld != nil {
		w.sigchld.close()
	}
}

// AddNice adds n to the nice value of the child, and of its group if it leads one.
// What it has started by now in other groups goes without.
func (p *Process) AddNice(n int) error {
	old, err := unix.Getpriority(unix.PRIO_PROCESS, p.Pid)
	if err != nil {
		return err
	}
	old = niceOf(old)
	if unix.Setpriority(unix.PRIO_PGRP, p.Pid, old+n) == nil {
		return nil
	}
	return unix.Setpriority(unix.PRIO_PROCESS, p.Pid, old+n)
}

package reuse

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// ServerName is the argv[0] of a server: a program that uses Client must call Main when it finds itself started by this
// name.
const ServerName = "xpool-reuse"

// The descriptors that a server is started with, beside the standard three.
const (
	listenerFD = 3 + iota
	directoryFD
	firstStrayFD // from here on there is nothing that a server needs
)

// Spec is how a server is to be started.
type Spec struct {
	Program     string        // the file of this program: see ServerName
	Env         []string      // of the server
	Name        string        // that the user gave it, "" for none
	Command     string        // what its workers are, for a person
	IdleTimeout time.Duration // without a call, after which it ends; 0 for never
}

// start starts a server, and returns its process, which is a child that nobody waits for. It has a session of its own.
func (s *Spec) start(l *net.UnixListener, d *Directory, identity string) (pid int, err error) {
	socket, err := l.File()
	if err != nil {
		return 0, err
	}
	defer socket.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	args := []string{ServerName, identity, strconv.FormatInt(int64(s.IdleTimeout), 10), s.Name, s.Command}
	p, err := os.StartProcess(s.Program, args, &os.ProcAttr{
		Env:   s.Env,
		Files: []*os.File{null, null, null, socket, d.file},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("cannot start the server: %w", err)
	}
	pid = p.Pid
	return pid, p.Release()
}

// commandLine is what start tells a server.
type commandLine struct {
	identity      string
	idle          time.Duration
	name, command string
}

func parseCommandLine(args []string) (c commandLine, err error) {
	if len(args) != 5 {
		return c, errNotStarted
	}
	idle, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil || idle < 0 {
		return c, fmt.Errorf("%s: %q is no idle timeout", ServerName, args[2])
	}
	return commandLine{args[1], time.Duration(idle), args[3], args[4]}, nil
}

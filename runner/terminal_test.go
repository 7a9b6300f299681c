package runner_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// errNoTerminal is the error of openTerminal where it is not known how to make one.
var errNoTerminal = errors.New("no pseudo-terminals on this system")

// hasTerminals tells whether scripts can have terminals; the error is one other
// than that there are none.
func hasTerminals() (bool, error) {
	master, slave, err := openTerminal()
	if errors.Is(err, errNoTerminal) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, errors.Join(master.Close(), slave.Close())
}

// cmdTerminal is cmdStart for a program that leads a session on a terminal of its
// own, which does not echo.
func cmdTerminal(ts *testscript.TestScript, args []string) {
	s := stageOf(ts)
	name, cmd := s.command(ts, args)
	shown, err := os.Create(filepath.Join(s.dir, name+".tty"))
	ts.Check(err)
	master, slave, err := openTerminal()
	ts.Check(err)
	defer slave.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	j := &job{cmd: cmd, stdin: master, done: make(chan struct{})}
	s.jobs[name] = j
	drained := make(chan struct{})
	go func() { // ends when the session does, or when the master is closed
		defer close(drained)
		defer shown.Close()
		_, _ = io.Copy(shown, master)
	}()
	go func() {
		j.err = cmd.Wait()
		<-drained
		close(j.done)
	}()
}

// cmdType presses the keys of control characters, such as ^C, and types
// everything else as lines.
func cmdType(ts *testscript.TestScript, args []string) {
	master := stageOf(ts).job(ts, args[0]).stdin
	for _, word := range args[1:] {
		keys := word + "\n"
		if len(word) == 2 && strings.HasPrefix(word, "^") {
			keys = string(rune(word[1] & 0x1f))
		}
		_, err := io.WriteString(master, keys)
		ts.Check(err)
	}
}

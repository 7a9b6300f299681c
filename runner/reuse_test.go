package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"xpool/runner/reuse"
)

// serversOf gives a script a place for servers of its own, and ends them with it.
func serversOf(e *testscript.Env) error {
	dir := filepath.Join(e.WorkDir, "run")
	e.Setenv("XDG_RUNTIME_DIR", dir)
	e.Defer(func() { endServers(dir) })
	return os.Mkdir(dir, 0o700)
}

// endServers kills the servers in the runtime directory dir, and waits until they are
// gone, as far as they are not stopped.
func endServers(dir string) {
	if _, err := os.Stat(filepath.Join(dir, "xpool")); err != nil {
		return
	}
	d, err := reuse.OpenDirectory(func(name string) string {
		if name == "XDG_RUNTIME_DIR" {
			return dir
		}
		return ""
	})
	if err != nil {
		return // one that a script has made to be refused
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	found, _ := reuse.List(ctx, d) // of those that do not tell, nothing is known
	for _, i := range found {
		_ = unix.Kill(i.Pid, unix.SIGKILL)
		for isAlive(i.Pid) && ctx.Err() == nil {
			time.Sleep(pollEvery)
		}
	}
}

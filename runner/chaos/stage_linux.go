package chaos

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

//go:embed workers
var workerFiles embed.FS

// stage is one run of xpool: the processes and files around it. It belongs to the
// goroutine of its run; what goes on beside that is started there, and ends with over.
type stage struct {
	setup   Setup
	plan    *Plan
	dir     string
	resumes bool // it goes on from the joblog of a run before

	cmd    *exec.Cmd
	out    *os.File      // of the run: where it writes
	outEnd *os.File      // where that is read, nil if it is a file
	over   chan struct{} // closed when xpool has ended
	work   sync.WaitGroup
	read   sync.WaitGroup
	stdout bytes.Buffer // while read is on it belongs to its goroutines
	stderr bytes.Buffer
	disk   *os.File // the joblog where that is on a full disk
	offset int64    // where in the file out it began

	resting atomic.Int32 // faults that want xpool to be stopped

	// Until over these belong to wreak.
	hits    []hit
	guarded bool // there was a guard when xpool was killed
	most    int  // descriptors that were seen open
}

// patience is how long everything that is to come to an end after a run may take: the
// guard's work, most of all.
const patience = 10 * time.Second

// marker is in the environment of all that the run starts.
func (s *stage) marker() string { return "CHAOS_DIR=" + s.dir }

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// play runs xpool to its end, and returns what there is to see of it. When ctx is done it
// ends all of the run at once, and what is seen means nothing.
func (s *stage) play(ctx context.Context) (*observation, error) {
	if err := s.start(); err != nil {
		return nil, err
	}
	o := &observation{resumed: s.resumes}
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	s.work.Go(s.feed)
	s.work.Go(s.wreak)
	s.work.Go(s.watch)
	select {
	case <-ended:
	case <-ctx.Done():
		_ = unix.Kill(s.cmd.Process.Pid, unix.SIGKILL) // which a process that is stopped obeys as well
		<-ended
	case <-time.After(s.setup.Deadline):
		o.hangs = true
		s.listGoroutines()
		<-ended
	}
	o.took = time.Since(began)
	close(s.over)
	o.atEnd = s.living()
	s.work.Wait()
	o.status = s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	s.awaitEnd(ctx, o)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o.hits, o.guarded, o.descriptors = s.hits, s.guarded, s.most
	return o, s.collect(o)
}

// listGoroutines has a run that hangs say where, and ends it.
func (s *stage) listGoroutines() {
	pid := s.cmd.Process.Pid
	_ = unix.Kill(pid, unix.SIGCONT)
	_ = unix.Kill(pid, unix.SIGSYS) // one of which the runtime makes a listing, and xpool nothing
	select {
	case <-time.After(patience):
	case <-s.over:
	}
	_ = unix.Kill(pid, unix.SIGKILL)
}

// start prepares the directory, and starts xpool in it.
func (s *stage) start() error {
	s.over = make(chan struct{})
	if !s.resumes {
		if err := s.prepare(); err != nil {
			return err
		}
	}
	if err := os.WriteFile(s.path("jobs"), fmt.Appendln(nil, s.plan.jobs), 0o644); err != nil { // faults change it
		return err
	}
	s.cmd = s.command()
	stdin, err := s.openStdin()
	if err != nil {
		return err
	}
	defer stdin.Close()
	if err := s.openStdout(); err != nil {
		return err
	}
	defer s.out.Close()
	errs, err := s.drain(&s.stderr, reads)
	if err != nil {
		return err
	}
	defer errs.Close()
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = stdin, s.out, errs
	return s.cmd.Start()
}

// prepare fills the directory.
func (s *stage) prepare() error {
	files, err := workerFiles.ReadDir("workers")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := workerFiles.ReadFile("workers/" + f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.path(f.Name()), text, 0o644); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"log": "", "records": s.plan.input(), "plan": s.plan.String(),
	} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := os.Mkdir(s.path("tmp"), 0o755); err != nil {
		return err
	}
	if err := unix.Mkfifo(s.path("fifo"), 0o644); err != nil {
		return err
	}
	if s.plan.anyFault(fewProcesses) {
		return s.giveAway()
	}
	return nil
}

// giveAway makes all of the directory that of the run's own user.
func (s *stage) giveAway() error {
	return filepath.Walk(s.dir, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, s.user(), s.user())
	})
}

// firstUser is the first of those users whom nobody else is; there are a million.
const firstUser = 600_000

// user is the one of the run, for bounds on the processes of a user.
func (s *stage) user() int { return firstUser + int(s.plan.Seed%1_000_000) }

// asUser is what a command begins with that is to be a user's.
func asUser(user int) []string {
	id := strconv.Itoa(user)
	return []string{"setpriv", "--reuid", id, "--regid", id, "--clear-groups"}
}

// clockAhead is what a command begins with for which the clocks are to be ahead.
func clockAhead(by time.Duration) []string {
	seconds := fmt.Sprint(int64(by.Seconds()))
	return []string{"unshare", "-T", "--monotonic", seconds, "--boottime", seconds}
}

// command is xpool with its options, in what has to be around it.
func (s *stage) command() *exec.Cmd {
	var words []string
	if s.plan.reader == fileLimit && !s.resumes {
		words = append(words, "sh", "-c", `ulimit -f `+strconv.Itoa(sizeLimit/512)+`; exec "$@"`, "sh")
	}
	if s.plan.clock > 0 {
		words = append(words, clockAhead(s.plan.clock)...)
	}
	if s.plan.anyFault(fewProcesses) {
		words = append(words, asUser(s.user())...)
	}
	words = append(words, s.setup.Binary)
	words = append(words, s.plan.args(s.setup.Python, s.resumes)...)
	if i := slices.Index(words, "joblog"); i >= 0 && s.disk != nil {
		words[i] = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.disk.Fd())
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = s.dir
	cmd.Env = append(slices.Clone(s.setup.Env), s.marker(), "CHAOS_LOG="+s.path("log"), "TMPDIR="+s.path("tmp"),
		"GOTRACEBACK=all", "GORACE=atexit_sleep_ms=0", "PYTHONDONTWRITEBYTECODE=1")
	if s.plan.kind.name == "bash" {
		cmd.Env = append(cmd.Env, "XPOOL_SHELL=bash")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// awaitEnd waits for the end of the run's output, and of all that it has started, but
// not for long once ctx is done, and then ends what is left.
func (s *stage) awaitEnd(ctx context.Context, o *observation) {
	closed := make(chan struct{})
	go func() { // ends with what is still read
		s.read.Wait()
		close(closed)
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-closed:
	case <-ctx.Done():
		o.held = true
	}
	for o.left = s.living(); len(o.left) > 0 && ctx.Err() == nil; o.left = s.living() {
		<-time.After(time.Millisecond)
	}
	for left := o.left; len(left) > 0; left = s.living() { // those too that are started meanwhile
		for _, p := range left {
			shoot(p, unix.SIGKILL)
		}
		<-time.After(time.Millisecond)
	}
	<-closed
	o.zombies = s.buryDead()
}

// living returns what is alive of the run.
func (s *stage) living() []process {
	return slices.DeleteFunc(family(s.marker(), s.cmd.Process.Pid), func(p process) bool {
		return p.dead() || p.pid == s.cmd.Process.Pid
	})
}

// buryDead reaps those that the run has left dead, and returns who they were: its
// guard ends after it and counts for nothing.
func (s *stage) buryDead() (list []process) {
	for _, p := range children(os.Getpid()) {
		if p.dead() && p.session == s.cmd.Process.Pid && p.pid != s.cmd.Process.Pid {
			bury(p.pid)
			list = append(list, p)
		}
	}
	return list
}

package runner_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"xpool/runner/chaos"
)

// What TestChaosRuns does by default is a regression test: a few seeds in a row whose
// workers start fast. The search is that of scripts/chaos.
const (
	chaosRuns = 8
	chaosSeed = 13
)

// TestChaosRuns makes runs in which everything goes wrong, as package chaos has them.
// Of the environment it takes the variables that scripts/chaos sets:
//
//	CHAOS_SEED     of the first run; that of each other one is one more
//	CHAOS_RUNS     how many runs
//	CHAOS_JOBS     how many at a time
//	CHAOS_ONLY     the kind of worker of all of them
//	CHAOS_VERBOSE  tell of each run
//	CHAOS_BINARY   the xpool to run, instead of the test's own
//	CHAOS_DIR      where what fails leaves its files, instead of a directory of the test's
//
// With CHAOS_DIR, SIGINT and SIGTERM end the runs, of which nothing stays then but the
// files of those that had failed.
func TestChaosRuns(t *testing.T) {
	setup := chaosSetup(t)
	off, err := chaos.AdoptOrphans()
	if err != nil {
		t.Fatal(err)
	}
	defer off()
	hearSignals(t)
	ctx := t.Context()
	if os.Getenv("CHAOS_DIR") != "" {
		var stop func()
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
		defer stop()
	}
	tellRuns(t, chaosReports(ctx, setup))
	if ctx.Err() != nil {
		t.Error("ended by a signal")
	}
}

// chaosReports makes the runs, until ctx is done, and returns what is to be said of each.
func chaosReports(ctx context.Context, setup chaos.Setup) <-chan chaos.Report {
	seeds := make(chan uint64)
	reports := make(chan chaos.Report)
	go func() { // ends with the runs
		defer close(seeds)
		first := uint64(number("CHAOS_SEED", chaosSeed))
		for i := range uint64(number("CHAOS_RUNS", chaosRuns)) {
			select {
			case seeds <- first + i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var runs sync.WaitGroup
	for range number("CHAOS_JOBS", 2) {
		runs.Go(func() {
			for seed := range seeds {
				r, err := setup.Run(ctx, seed, os.Getenv("CHAOS_ONLY"))
				if errors.Is(err, context.Canceled) {
					return
				}
				if err != nil {
					r.Problems = append(r.Problems, err.Error())
				}
				reports <- r
			}
		})
	}
	go func() { // ends with the runs
		runs.Wait()
		close(reports)
	}()
	return reports
}

// chaosSetup finds what the runs need, and makes a place where any user gets to.
func chaosSetup(t *testing.T) chaos.Setup {
	t.Helper()
	for _, program := range []string{"bash", "perl", "node", "setsid"} {
		realProgram(t, program)
	}
	dir := os.Getenv("CHAOS_DIR")
	if dir == "" {
		dir = t.TempDir()
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	binary := os.Getenv("CHAOS_BINARY")
	if binary == "" {
		found, err := exec.LookPath("xpool")
		if err != nil {
			t.Fatal(err)
		}
		if binary, err = filepath.EvalSymlinks(found); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(dir, "xpool")
		if err := os.Symlink(binary, link); err != nil {
			t.Fatal(err)
		}
		binary = link
	}
	return chaos.Setup{
		Binary: binary, Python: realProgram(t, "python3"), Env: os.Environ(), Dir: dir,
		Deadline: time.Minute, Powers: chaos.Probe(binary),
	}
}

// tellRuns tells of the runs that failed, and at the end what was tried.
func tellRuns(t *testing.T, reports <-chan chaos.Report) {
	t.Helper()
	verbose := os.Getenv("CHAOS_VERBOSE") != ""
	count := map[string]int{}
	runs, failed := 0, 0
	var took, longest time.Duration
	for r := range reports {
		runs++
		took += r.Took
		longest = max(longest, r.Took)
		for _, e := range r.Events {
			count[e]++
		}
		if len(r.Problems) > 0 {
			failed++
			t.Errorf("scripts/chaos --seed %d --runs 1%s failed, see %s:\n\t%s",
				r.Plan.Seed, only(), r.Dir, strings.Join(r.Problems, "\n\t"))
			if os.Getenv("CHAOS_DIR") == "" { // those files go with the test
				t.Log(r.Details)
			}
		} else if verbose {
			fmt.Printf("ok     seed %d in %v: %s\n", r.Plan.Seed, r.Took.Round(time.Millisecond), strings.Join(r.Events, ", "))
		}
		if runs%100 == 0 && verbose {
			fmt.Printf("%d runs, %d failed; %v each, %v at most\n", runs, failed, took/time.Duration(runs), longest)
		}
	}
	var list []string
	for e := range count {
		list = append(list, e)
	}
	slices.SortFunc(list, cmp.Compare)
	for i, e := range list {
		list[i] = fmt.Sprintf("%8d %s", count[e], e)
	}
	t.Logf("%d runs, %d failed; %v each, %v at most\n%s", runs, failed, took/time.Duration(max(runs, 1)), longest, strings.Join(list, "\n"))
}

// only is the option of scripts/chaos that has led to this run.
func only() string {
	if kind := os.Getenv("CHAOS_ONLY"); kind != "" {
		return " --only " + kind
	}
	return ""
}

// TestChaosEnded ends the runs in the middle, of which one is stopped, and finds nothing
// left of them.
func TestChaosEnded(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestChaosRuns$")
	cmd.Env = append(os.Environ(), "CHAOS_DIR="+dir, "CHAOS_RUNS=1000000", "CHAOS_SEED=1", "CHAOS_ONLY=shell")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = patience
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for stopped := false; !stopped && ctx.Err() == nil; time.Sleep(pollEvery) {
		for _, pid := range children(cmd.Process.Pid) {
			where, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)) // it may have ended
			if strings.HasPrefix(where, dir+"/run-") && len(children(pid)) > 0 {
				stopped = unix.Kill(pid, unix.SIGSTOP) == nil
			}
		}
	}
	_ = cmd.Process.Signal(unix.SIGTERM) // if it has ended the rest tells
	err := cmd.Wait()
	if ctx.Err() != nil || err == nil || !strings.Contains(out.String(), "ended by a signal") {
		t.Errorf("it ended with %v:\n%s", err, tail(out.Bytes()))
	}
	left, err := filepath.Glob(filepath.Join(dir, "run-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}
	environs, _ := filepath.Glob("/proc/[0-9]*/environ") // which is no error
	for _, name := range environs {
		if env, _ := os.ReadFile(name); bytes.Contains(env, []byte("CHAOS_DIR="+dir)) {
			t.Errorf("%s is left", filepath.Dir(name))
		}
	}
}

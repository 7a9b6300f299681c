package runner_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
func TestChaosRuns(t *testing.T) {
	setup := chaosSetup(t)
	off, err := chaos.AdoptOrphans()
	if err != nil {
		t.Fatal(err)
	}
	defer off()
	hearSignals(t)
	seeds := make(chan uint64)
	reports := make(chan chaos.Report)
	go func() { // ends with the runs
		defer close(seeds)
		first := uint64(number("CHAOS_SEED", chaosSeed))
		for i := range uint64(number("CHAOS_RUNS", chaosRuns)) {
			seeds <- first + i
		}
	}()
	var runs sync.WaitGroup
	for range number("CHAOS_JOBS", 2) {
		runs.Go(func() {
			for seed := range seeds {
				r, err := setup.Run(seed, os.Getenv("CHAOS_ONLY"))
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
	tellRuns(t, reports)
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

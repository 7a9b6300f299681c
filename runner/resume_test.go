package runner_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"xpool/runner/joblog"
)

// TestResume kills a run again and again in the middle of its tasks, and resumes it:
// at the end each task has one row in the joblog, and each is done once, but for those
// that were running when the run was killed. XPOOL_CASES is the number of tasks,
// XPOOL_SEED chooses when it is killed.
//
// A task appends its number to a file. One that was running may have done so, and is
// not in the joblog.
func TestResume(t *testing.T) {
	const slots, kills = 4, 5
	for name, args := range map[string][]string{
		"in the worker": {"--no-fork", `echo {} >>"$LOG"`},
		"subshells":     {`(echo {} >>"$LOG")`},
		"parallel":      {"--as", "parallel", `echo {} >>"$LOG"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := &resumption{t: t, dir: t.TempDir(), tasks: number("XPOOL_CASES", 10_000)}
			rnd := rand.New(rand.NewSource(int64(number("XPOOL_SEED", 1))))
			if args[0] == "--as" {
				r.persona, args = args[:2], args[2:]
			}
			r.args = append([]string{fmt.Sprintf("-j%d", slots), "--joblog", r.path("joblog"), "--resume"}, args...)
			killed := 0
			for part := 1; part <= kills; part++ {
				// From a moment after the last kill to a moment before the end.
				if r.run(r.rows() + 1 + rnd.Intn(r.tasks/kills)) {
					killed++
				}
			}
			if killed == 0 {
				t.Error("no run was killed")
			}
			if r.run(2 * r.tasks) {
				t.Error("the last run was killed")
			}
			r.check(killed * slots)
		})
	}
}

// number is a number from the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// resumption is a run in several parts.
type resumption struct {
	t       *testing.T
	dir     string
	tasks   int
	persona []string
	args    []string
}

func (r *resumption) path(name string) string { return filepath.Join(r.dir, name) }

// run goes on with the tasks, and kills xpool as soon as its joblog has so many rows. It
// reports whether that was before the end.
func (r *resumption) run(until int) (killed bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 4*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, builtProgram(r.t), append(r.persona, r.args...)...)
	cmd.Env = append(os.Environ(), "LOG="+r.path("log"), "GORACE=atexit_sleep_ms=0")
	var in, errs bytes.Buffer
	for n := 1; n <= r.tasks; n++ {
		fmt.Fprintln(&in, n)
	}
	cmd.Stdin, cmd.Stderr = &in, &errs
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }() // ends with the run
	look := time.NewTicker(pollEvery)
	defer look.Stop()
	for {
		select {
		case err := <-done:
			if !killed && err != nil {
				r.t.Fatalf("%v\n%s", err, errs.Bytes())
			}
			return killed
		case <-look.C:
			if !killed && r.rows() >= until {
				killed = cmd.Process.Kill() == nil
			}
		}
	}
}

// rows is how many rows the joblog has.
func (r *resumption) rows() int {
	b, err := os.ReadFile(r.path("joblog"))
	if err != nil {
		return 0
	}
	return max(bytes.Count(b, []byte("\n"))-1, 0)
}

// check checks the joblog and what the tasks have done. So many may have run twice.
func (r *resumption) check(twice int) {
	r.t.Helper()
	set, err := joblog.Load(r.path("joblog"))
	if err != nil {
		r.t.Fatal(err)
	}
	done, failed := set.Count()
	foreign, _ := set.Foreign()
	if done != int64(r.tasks) || r.rows() != r.tasks || failed != 0 || foreign != 0 {
		r.t.Errorf("the joblog has %d tasks in %d rows, %d failed, and %d other lines", done, r.rows(), failed, foreign)
	}
	ran := map[string]int{}
	f, err := os.Open(r.path("log"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	again := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		ran[strings.TrimSpace(lines.Text())]++
		again++
	}
	again -= len(ran)
	if len(ran) != r.tasks || again > twice {
		r.t.Errorf("%d of %d tasks ran, %d of them again; %d may", len(ran), r.tasks, again, twice)
	}
	r.t.Logf("%d ran again, %d might have", again, twice)
}

package runner

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"xpool/pool"
	"xpool/runner/value"
)

func TestJobsFile(t *testing.T) {
	t.Setenv("XPOOL_JOBS", "")
	name := filepath.Join(t.TempDir(), "jobs")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("3\n")
	var jobs value.Jobs
	if err := jobs.Set(name); err != nil {
		t.Fatal(err)
	}
	p, err := pool.New(&pool.Program{}, pool.Options{Jobs: 3}) // its goroutine is not of the bubble
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := &run{asked: jobs, pool: p}
		r.jobs.Store(3)
		f := r.watchJobs()
		check := func(when string, want int64) {
			t.Helper()
			time.Sleep(2 * jobsEvery)
			synctest.Wait()
			if got := r.jobs.Load(); got != want {
				t.Errorf("%s: %d jobs, want %d", when, got, want)
			}
		}
		check("at first", 3)
		r.resize(1)
		check("after a signal", 4)
		write("3")
		check("written again, as it was", 4)
		write("5\n")
		check("changed", 5)
		write("")
		check("emptied", 5)
		write("many")
		check("nonsense", 5)
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		check("removed", 5)
		write("2")
		check("back again", 2)
		write("0")
		check("as many as there are tasks", manyJobs)
		f.stop()
		write("7")
		check("stopped", manyJobs)
	})
	p.Close()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

// A file that says "as many as there are tasks" is no change when nothing changes.
func TestJobsFileUnlimited(t *testing.T) {
	name := filepath.Join(t.TempDir(), "jobs")
	if err := os.WriteFile(name, []byte("0"), 0o600); err != nil {
		t.Fatal(err)
	}
	var jobs value.Jobs
	if err := jobs.Set(name); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := &run{opts: Options{Jobs: jobs}} // a resize would need a pool
		r.jobs.Store(4)                      // by signals
		f := r.watchJobs()
		time.Sleep(3 * jobsEvery)
		synctest.Wait()
		f.stop()
		if n := r.jobs.Load(); n != 4 {
			t.Errorf("%d jobs, want 4", n)
		}
	})
}

func TestNoJobsFile(t *testing.T) {
	r := &run{}
	r.watchJobs().stop()
}

package runner

import (
	"sync"
	"time"

	"xpool/pool/cpucount"
	"xpool/runner/value"
)

// jobsEvery is how often a file with the number of jobs is read again.
const jobsEvery = time.Second

// jobsFile resizes the pool when the file changes that the number of jobs came
// from. It owns one goroutine, which ends with stop.
type jobsFile struct {
	over chan struct{}
	done sync.WaitGroup
}

// watchJobs follows the file of --jobs, if there is one.
func (r *run) watchJobs() *jobsFile {
	f := &jobsFile{over: make(chan struct{})}
	jobs := r.asked
	if jobs.File() == "" {
		return f
	}
	f.done.Go(func() {
		t := time.NewTicker(jobsEvery)
		defer t.Stop()
		last := slots(jobs)
		for {
			select {
			case <-f.over:
				return
			case <-t.C:
			}
			now, err := jobs.Reload()
			if err != nil { // it is being written, or is gone: the old number holds
				continue
			}
			if n := slots(now); n != last { // so that a signal's word counts until the file's next
				last = n
				r.setJobs(n)
			}
		}
	})
	return f
}

// slots returns how many slots a number of jobs comes to.
func slots(j value.Jobs) int {
	n, unlimited := j.Resolve(cpucount.Available)
	if unlimited {
		return manyJobs
	}
	return n
}

func (f *jobsFile) stop() {
	close(f.over)
	f.done.Wait()
}

package joblog_test

import (
	"fmt"
	"os"
	"path/filepath"

	"xpool/runner/joblog"
)

// Open a log with Resume before it is read: nobody else can change it then.
func Example_resume() {
	dir, err := os.MkdirTemp("", "joblog")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "log")
	for run := 1; run <= 2; run++ {
		log, err := joblog.Open(name, joblog.Resume)
		if err != nil {
			fmt.Println(err)
			return
		}
		earlier, err := joblog.Load(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		for seq := int64(1); seq <= int64(run); seq++ {
			if earlier.Done(seq) {
				continue
			}
			fmt.Printf("run %d: task %d\n", run, seq)
			if err := log.Write(joblog.Row{Seq: seq, Command: "true"}); err != nil {
				fmt.Println(err)
			}
		}
		log.Close()
	}
	// Output:
	// run 1: task 1
	// run 2: task 2
}

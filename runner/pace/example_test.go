package pace_test

import (
	"fmt"
	"time"

	"xpool/runner/pace"
	"xpool/runner/value"
)

// A pool asks before each beginning, and comes back after the time that it is told.
func ExampleGates() {
	gates, err := pace.Open(pace.Config{Delay: value.Delay{First: time.Second}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer gates.Close()
	now := time.Now()
	for range 3 {
		if wait := gates.Wait(now); wait > 0 {
			fmt.Println("wait", wait)
			now = now.Add(wait)
		}
		gates.Began(now)
		fmt.Println("begin")
	}
	// Output:
	// begin
	// wait 1s
	// begin
	// wait 1s
	// begin
}

package pool_test

import (
	"context"
	"fmt"

	"xpool/pool"
)

// A filter of lines that does not keep its output in a buffer is a worker as it
// stands: it is started once, and each record is a line to it.
func ExampleCoprocess() {
	p, err := pool.New(&pool.Coprocess{Argv: []string{"sh", "-c", `while read -r a b; do echo "$((a + b))"; done`}}, pool.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, record := range []string{"1 2", "40 2", "-1 1"} {
		out := &printed{}
		err := p.Submit(context.Background(), &pool.Task{
			Seq:     int64(i + 1),
			Output:  out,
			Payload: func(pool.Place) (pool.Payload, error) { return pool.Payload{Args: []string{record}}, nil },
			Done:    func(r pool.Result) { fmt.Printf("%s: %v, %q\n", record, r.Verdict, out.out) },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	p.Close()
	if err := p.Wait(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1 2: ok, "3\n"
	// 40 2: ok, "42\n"
	// -1 1: ok, "0\n"
}

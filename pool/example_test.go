package pool_test

import (
	"context"
	"fmt"

	"xpool/pool"
)

// printed keeps what a task prints.
type printed struct{ out []byte }

func (p *printed) Write(s pool.Stream, b []byte, _ func()) bool {
	if s == pool.Stdout {
		p.out = append(p.out, b...)
	}
	return true
}

// Two shells that stay run a function for each task; the last task takes its
// shell down, which costs that task only.
func Example() {
	p, err := pool.New(&pool.Shell{Path: "sh", Body: `[ "$1" != crash ] || kill -SEGV $$; echo "hello, $1"`}, pool.Options{Jobs: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	names := []string{"Ann", "Bob B.", "crash"}
	results := make([]string, len(names))
	for i, name := range names {
		out := &printed{}
		err := p.Submit(context.Background(), &pool.Task{
			Seq:     int64(i + 1),
			Output:  out,
			Payload: func(pool.Place) (pool.Payload, error) { return pool.Payload{Args: []string{name}, InWorker: true}, nil },
			Done:    func(r pool.Result) { results[i] = fmt.Sprintf("%s %s", r.Verdict, out.out) },
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
	for _, r := range results {
		fmt.Println(r)
	}
	// Output:
	// ok hello, Ann
	//
	// ok hello, Bob B.
	//
	// killed by SIGSEGV
}

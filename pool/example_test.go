package pool_test

import (
	"context"
	"errors"
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

// A program that answers line by line, and does not keep its output in a buffer, is
// a co-process as it stands: sed is started once, and each record is a line to it.
// A record that cannot be sent, as it is two lines, fails alone.
func ExampleCoprocess() {
	filter := &pool.Coprocess{Argv: []string{"sed", "-u", "s/^/hello, /"}}
	p, err := pool.New(filter, pool.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, record := range []string{"Ann", "two\nlines", "Bob B."} {
		out := &printed{}
		err := p.Submit(context.Background(), &pool.Task{
			Seq:     int64(i + 1),
			Output:  out,
			Payload: func(pool.Place) (pool.Payload, error) { return pool.Payload{Args: []string{record}}, nil },
			Done: func(r pool.Result) {
				if _, ok := errors.AsType[*pool.DelimiterError](r.Err); ok {
					fmt.Printf("%d: not sent\n", r.Seq)
					return
				}
				fmt.Printf("%d: %v, %q\n", r.Seq, r.Verdict, out.out)
			},
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
	// 1: ok, "hello, Ann\n"
	// 2: not sent
	// 3: ok, "hello, Bob B.\n"
}

// The code is compiled once, after Init, in an interpreter that stays; an exit
// status is the task's, and the interpreter lives on.
func ExampleInterpreter() {
	p, err := pool.New(&pool.Interpreter{
		Path:     "perl",
		Language: pool.Perl,
		Init:     `use List::Util qw(sum);`,
		Code:     `exit 3 if $arg < 0; print sum(@args), "\n"`,
	}, pool.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, args := range [][]string{{"1", "2", "3"}, {"-1"}, {"40", "2"}} {
		out := &printed{}
		err := p.Submit(context.Background(), &pool.Task{
			Seq:     int64(i + 1),
			Output:  out,
			Payload: func(pool.Place) (pool.Payload, error) { return pool.Payload{Args: args}, nil },
			Done:    func(r pool.Result) { fmt.Printf("%v: %v, %q\n", args, r.Verdict, out.out) },
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
	// [1 2 3]: ok, "6\n"
	// [-1]: exit 3, ""
	// [40 2]: ok, "42\n"
}

package pool_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"

	"xpool/pool"
	"xpool/pool/serve"
)

// A pool that another process serves on a socket. Here that is this very process.
func ExampleRemote() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			err = serve.Agent(conn, serve.Config{})
		}
		served <- err
	}()

	p, err := pool.New(&pool.Remote{
		Inner: &pool.Shell{Path: "sh", Body: `echo "hello, $1"`},
		Hosts: []pool.RemoteHost{{
			Name: "there", Slots: 2,
			Dial: func(ctx context.Context) (pool.RemoteConn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, "unix", l.Addr().String())
				if err != nil {
					return nil, err
				}
				return conn.(*net.UnixConn), nil
			},
		}},
	}, pool.Options{Jobs: 2})
	if err != nil {
		log.Fatal(err)
	}
	out := &printed{}
	err = p.Submit(context.Background(), &pool.Task{
		Seq: 1, Output: out,
		Payload: func(pool.Place) (pool.Payload, error) { return pool.Payload{Args: []string{"world"}}, nil },
		Done:    func(r pool.Result) { fmt.Printf("%s%d on %s: %v\n", out.out, r.Seq, r.Host, r.Verdict) },
	})
	if err != nil {
		log.Fatal(err)
	}
	p.Close()
	fmt.Println(p.Wait(), <-served)
	l.Close()
	// Output:
	// hello, world
	// 1 on there: ok
	// <nil> <nil>
}

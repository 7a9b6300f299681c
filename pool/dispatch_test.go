package pool_test

import (
	"context"
	"testing"

	"xpool/pool"
)

// A pool with room for all tasks sees the first ones end while others are still to
// come, however fast these do.
func TestRoomForAll(t *testing.T) {
	p, err := pool.New(&pool.Program{}, pool.Options{Jobs: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{}, 1)
	done := func(pool.Result) {
		select {
		case ended <- struct{}{}:
		default:
		}
	}
	const most = 2000
	n := 0
	for n < most && len(ended) == 0 {
		n++
		err := p.Submit(context.Background(), &pool.Task{
			Seq: int64(n), Done: done,
			Payload: func(pool.Place) (pool.Payload, error) { return words("true"), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	if n == most {
		t.Errorf("none of %d tasks ended before the last one was submitted", most)
	}
}

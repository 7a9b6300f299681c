package pool

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Who prints more than a pipe holds waits for its reader: after such a task the next one
// is not left alone for its first milliseconds, and has a larger pipe.
func TestCopiousTasksAreWatchedAtOnce(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newTrial(t, &Shell{Path: "sh", Body: `head -c "$1" /dev/zero; read x <"$2"`}, Options{Jobs: 1})
	watched := func(size string) (is bool, room int) {
		_, over := r.submit(size, fifo)
		gate, err := os.OpenFile(fifo, os.O_WRONLY, 0) // when it has printed all
		if err != nil {
			t.Fatal(err)
		}
		r.pool.call(func() {
			s := &r.pool.slots[0].worker.(*shellWorker).capture.streams[Stdout]
			is = s.watched
			room, _ = unix.FcntlInt(uintptr(s.fd), unix.F_GETPIPE_SZ, 0)
		})
		gate.Close()
		<-over
		return is, room
	}
	watched("3000000")
	if is, room := watched("1"); !is || room != wideRoom {
		t.Errorf("after a copious task: watched is %v, with room for %d bytes", is, room)
	}
	for range copiousFor {
		watched("1")
	}
	r.pool.call(func() {
		if r.pool.copious != 0 {
			t.Errorf("after many tasks that print little, %d more are watched", r.pool.copious)
		}
	})
	r.end()
}

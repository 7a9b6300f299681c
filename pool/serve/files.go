package serve

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"xpool/pool/wire"
)

// arrivals are files on their way here, one after the other. A nil arrivals has none.
type arrivals struct {
	dir   string   // where names begin that are not absolute
	names []string // in order

	mu   sync.Mutex
	next int      // index of the one that comes
	part *os.File // of that, by another name; nil before its first piece
	gone bool     // nobody wants them any more
}

func newArrivals(dir string, names []string) *arrivals {
	if len(names) == 0 {
		return nil
	}
	return &arrivals{dir: dir, names: names}
}

// whole tells whether all have come.
func (a *arrivals) whole() bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next == len(a.names)
}

// add takes the next piece.
func (a *arrivals) add(m *wire.File) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.gone:
		return nil
	case m.Index != a.next || m.Index == len(a.names):
		return fmt.Errorf("a piece of file %d comes out of turn", m.Index)
	}
	name := below(a.dir, a.names[a.next])
	if a.part == nil {
		if err := a.begin(name, os.FileMode(m.Mode).Perm()); err != nil {
			return err
		}
	}
	if _, err := a.part.Write(m.Data); err != nil {
		return err
	}
	if !m.Last {
		return nil
	}
	part := a.part
	a.part = nil
	a.next++
	err := part.Close()
	if err == nil {
		err = os.Rename(part.Name(), name)
	}
	if err != nil {
		os.Remove(part.Name())
	}
	return err
}

// begin makes the file by another name, beside its own. Of several xpools that share the
// directory each takes one of its own.
func (a *arrivals) begin(name string, mode os.FileMode) (err error) {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	part := filepath.Join(dir, fmt.Sprintf(".xpool-%016x", rand.Uint64()))
	a.part, err = os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	return err
}

// drop removes what has come of a file that will not be whole. It may be called again.
func (a *arrivals) drop() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone = true; a.part != nil {
		a.part.Close()
		os.Remove(a.part.Name())
		a.part = nil
	}
}

func below(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// removeFiles removes files, as far as they are there, and directories below dir that
// are empty without them.
func removeFiles(dir string, names []string) {
	for _, name := range names {
		os.Remove(below(dir, name))
		if filepath.IsAbs(name) {
			continue
		}
		for up := filepath.Dir(filepath.Clean(name)); filepath.IsLocal(up) && up != "."; up = filepath.Dir(up) {
			if os.Remove(filepath.Join(dir, up)) != nil {
				break
			}
		}
	}
}

// file is for a piece of a file.
func (st *stream) file(m *wire.File) {
	if m.ID == 0 && st.base != nil {
		if err := st.base.add(m); err != nil {
			st.base.drop()
			st.refuse(fmt.Errorf("a file that all tasks need: %w", err))
		}
		return
	}
	t := st.find(m.ID)
	if t == nil || t.files == nil {
		return
	}
	if err := t.files.add(m); err != nil {
		t.end(notBegun(m.ID, err))
		return
	}
	t.enqueueWhole()
}

// refuse is for a stream that can have no tasks run.
func (st *stream) refuse(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.bereaved = true
	st.out.put(brokenBy(err))
}

// handBack sends back what the task has made, removes what it is to leave no trace
// of, and says the last message. It is a goroutine of the stream's.
func (t *task) handBack(last wire.Message, began bool) {
	dir := t.stream.server.dir
	for i, name := range t.run.Return {
		if !began {
			break
		}
		if err := t.fetch(i, below(dir, name)); err != nil {
			t.say(&wire.Fetched{ID: t.run.ID, Index: i, Last: true, Error: err.Error()})
		}
	}
	if t.run.Remove {
		removeFiles(dir, append(t.run.Files[:len(t.run.Files):len(t.run.Files)], t.run.Return...))
	}
	t.stream.part(t, last)
}

// fetch sends a file back. To open a fifo that nobody writes to would take for ever, if it
// were not for O_NONBLOCK.
func (t *task) fetch(index int, name string) error {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", name)
	}
	b := make([]byte, wire.MaxData)
	for {
		n, err := io.ReadFull(f, b)
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return err
		}
		if !t.say(&wire.Fetched{ID: t.run.ID, Index: index, Mode: int(info.Mode().Perm()), Last: last, Data: b[:n]}) || last {
			return nil
		}
	}
}

// say sends a message when there is room for it, and tells whether anybody wants to
// hear more of it.
func (t *task) say(m wire.Message) bool {
	st := t.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	for !st.out.room() && !t.stopped {
		st.out.change.Wait()
	}
	if t.stopped || st.out.gone {
		return false
	}
	st.out.put(m)
	return true
}

// workDir makes the workers' directory, and returns it, absolute, and whether it is
// to be removed in the end.
func workDir(dir string) (path string, ours bool, err error) {
	if dir == "..." {
		return ownDir()
	}
	if path, err = filepath.Abs(dir); err == nil && dir != "" {
		err = os.MkdirAll(path, 0o777)
	}
	return path, false, err
}

// ownDir makes a directory that nobody else uses.
func ownDir() (path string, ours bool, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", false, err
	}
	cache = filepath.Join(cache, "xpool", "work")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", false, err
	}
	host, _ := os.Hostname() // several may share the directory
	path, err = os.MkdirTemp(cache, strings.ReplaceAll(host, "*", "")+"-*")
	return path, err == nil, err
}

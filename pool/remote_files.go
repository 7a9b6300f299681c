package pool

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// filesOf are the files that go with an attempt, nil for none.
func (l *remoteLine) filesOf(a *attempt) *Files {
	if f := a.payload.Files; f != nil && !l.host.SameFiles {
		return f
	}
	return nil
}

// run is what the far end is told of an attempt.
func (j *remoteJob) run() *wire.Run {
	a := j.attempt
	m := &wire.Run{
		ID: j.id, Seq: a.task.Seq, Attempt: a.number,
		Args: a.payload.Args, Values: a.payload.Values, InWorker: a.payload.InWorker,
		Input: a.payload.Stdin != "", MemLimit: a.task.MemLimit, Stall: a.task.StallTimeout,
	}
	if j.files != nil {
		m.Files, m.Return, m.Remove = there(j.files.Send), there(j.files.Return), j.files.Remove
	}
	return m
}

// there are the names that files have at the far end.
func there(files []File) []string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.There
	}
	return names
}

// baseFiles are the files that all attempts need.
func (l *remoteLine) baseFiles() []File {
	if l.host.SameFiles {
		return nil
	}
	return l.host.kind.Base
}

// sendBase begins to send the files that all attempts need, and tells whether not all
// of them have been sent.
func (l *remoteLine) sendBase() bool {
	files := l.baseFiles()
	switch {
	case l.base != nil:
		return l.base.fd >= 0
	case len(files) == 0:
		return false
	}
	l.base = &remoteInput{line: l, files: files, fd: -1}
	if err := l.base.start(); err != nil {
		l.base.fail(err)
		return true
	}
	l.pump()
	return true
}

// regularMode returns the permissions of an open file, if it is a regular one.
func regularMode(fd int, name string) (int, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, &os.PathError{Op: "stat", Path: name, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return 0, fmt.Errorf("%s is no regular file", name)
	}
	return int(st.Mode & 0o777), nil
}

// fetching is a file on its way back.
type fetching struct {
	part  *os.File // by another name; nil before its first piece
	index int
}

// fetched takes the next piece of a file that comes back. Where it goes is for this end
// alone to say. What goes wrong is the attempt's, and the rest of the file is skipped.
func (j *remoteJob) fetched(m *wire.Fetched) error {
	if j.files == nil || m.Index < j.back.index || m.Index >= len(j.files.Return) {
		return errors.New("it sent a file that nobody wants")
	}
	err := j.take(m)
	if m.Last || err != nil {
		j.back.index = m.Index + 1
	}
	if err != nil {
		j.back.drop()
		if j.missing == nil {
			j.missing = err
		}
	}
	return nil
}

func (j *remoteJob) take(m *wire.Fetched) (err error) {
	if m.Error != "" {
		return errors.New(m.Error)
	}
	name := j.files.Return[m.Index].Here
	if j.back.part == nil {
		dir := filepath.Dir(name)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		part := filepath.Join(dir, fmt.Sprintf(".xpool-%016x", rand.Uint64()))
		mode := os.FileMode(m.Mode).Perm() | 0o200
		if j.back.part, err = os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); err != nil {
			return err
		}
	}
	if _, err := j.back.part.Write(m.Data); err != nil || !m.Last {
		return err
	}
	part := j.back.part
	if err := part.Close(); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), name); err != nil {
		return err
	}
	j.back.part = nil
	return nil
}

// drop removes what has come of a file that will not be whole.
func (f *fetching) drop() {
	if f.part != nil {
		f.part.Close()
		os.Remove(f.part.Name())
		f.part = nil
	}
}

// withFiles is the verdict on an attempt whose files have come back, or not.
func (j *remoteJob) withFiles(v crashdetect.Verdict) crashdetect.Verdict {
	if j.missing == nil || !v.OK() {
		return v
	}
	return crashdetect.Verdict{Kind: crashdetect.NotStarted, Code: 126, Detail: "a file was not returned: " + j.missing.Error()}
}

package serve

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// fetched puts together what was sent back of a task's files.
func (n *near) fetched(id int64) (files []string, failures []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range n.others {
		if f, ok := m.(*wire.Fetched); ok && f.ID == id {
			for len(files) <= f.Index {
				files, failures = append(files, ""), append(failures, "")
			}
			files[f.Index] += string(f.Data)
			failures[f.Index] += f.Error
		}
	}
	return files, failures
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b") // made by the far end
	outside := filepath.Join(t.TempDir(), "outside")
	big := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	n := agent(t)
	n.send(&wire.Open{Kind: &wire.Program{}, Jobs: 2, Window: 1 << 20, Dir: dir, Files: []string{"base"}, Remove: true})
	n.send(&wire.File{Mode: 0o640, Data: []byte("ba")}, &wire.File{Mode: 0o640, Data: []byte("se"), Last: true})
	n.send(&wire.Run{
		ID: 1, Seq: 1, Attempt: 1, Args: []string{"sh", "-c", "sub/run; cat base sub/two >sub/new"}, Input: true,
		Files: []string{"sub/run", "sub/two", outside}, Return: []string{"sub/new", "none", outside}, Remove: true,
	})
	n.send(&wire.Input{ID: 1, Last: true})
	n.send(&wire.File{ID: 1, Mode: 0o755, Data: []byte("#!/bin/sh\necho runs\n"), Last: true})
	for piece := range slices.Chunk(big, wire.MaxData) {
		n.send(&wire.File{ID: 1, Index: 1, Mode: 0o444, Data: piece})
	}
	n.send(&wire.File{ID: 1, Index: 1, Mode: 0o444, Last: true}, &wire.File{ID: 1, Index: 2, Mode: 0o644, Last: true})
	_, d := n.done(1)
	files, failures := n.fetched(1)
	if !d.Verdict.OK() || len(files) != 3 || files[0] != "base"+string(big) || files[2] != "" {
		t.Errorf("%v, %d files come back", d.Verdict, len(files))
	}
	if len(failures) == 3 && (failures[0] != "" || !strings.Contains(failures[1], "none") || failures[2] != "") {
		t.Errorf("failures: %q", failures)
	}
	n.bye()
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if _, outsideErr := os.Stat(outside); err != nil || len(left) > 0 || outsideErr == nil {
		t.Errorf("left behind: %q, %v, %v", left, err, outsideErr)
	}
}

// TestFifoReturned has a task make a fifo where a file is to be: to wait for somebody who
// writes to it would be a hang.
func TestFifoReturned(t *testing.T) {
	n := agent(t)
	n.send(&wire.Open{Kind: &wire.Program{}, Jobs: 1, Window: 1 << 20, Dir: t.TempDir()})
	n.send(&wire.Run{ID: 1, Seq: 1, Attempt: 1, Args: []string{"mkfifo", "fifo"}, Return: []string{"fifo"}})
	_, d := n.done(1)
	if _, failures := n.fetched(1); !d.Verdict.OK() || len(failures) != 1 || failures[0] == "" {
		t.Errorf("%v, failures: %q", d.Verdict, failures)
	}
	n.bye()
}

// TestFilesFail has files that cannot be put where they are to be, and pieces that come
// when it is not their turn.
func TestFilesFail(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n := agent(t)
	n.send(&wire.Open{Kind: &wire.Program{}, Jobs: 1, Window: 1 << 20, Dir: dir})
	for id, m := range []*wire.File{{Data: []byte("x")}, {Index: 1}, {Index: -1, Last: true}} {
		m.ID = int64(id + 1)
		n.send(&wire.Run{ID: m.ID, Seq: 1, Attempt: 1, Args: []string{"true"}, Files: []string{"file/below"}}, m)
		if _, d := n.done(m.ID); d.Verdict.Kind != crashdetect.NotStarted {
			t.Errorf("%+v: %v", m, d.Verdict)
		}
	}
	n.send(&wire.Run{ID: 9, Seq: 1, Attempt: 1, Args: []string{"true"}, Files: []string{"part"}}, &wire.File{ID: 9, Data: []byte("p")})
	n.conn.Close() // in the middle of it
	<-n.ended
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

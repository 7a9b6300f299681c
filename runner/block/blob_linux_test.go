package block

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// No task can change what the next attempt will read.
func TestSealed(t *testing.T) {
	b, err := FromBlock(t.TempDir(), InMemory, &Block{Data: []byte("abc")})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.f.WriteAt([]byte("x"), 0); !errors.Is(err, syscall.EPERM) {
		t.Errorf("written: %v", err)
	}
	if err := b.f.Truncate(0); !errors.Is(err, syscall.EPERM) {
		t.Errorf("truncated: %v", err)
	}
	f, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write([]byte("x")); !errors.Is(err, syscall.EBADF) {
		t.Errorf("open for writing: %v", err)
	}
	if _, err := os.Stat(b.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("has a name: %v", err)
	}
}

package crashdetect

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// tableBytes is the size of the memory behind a GroupTable.
	tableBytes = GroupSlots * int(unsafe.Sizeof(int32(0)))

	// tableFD is where a guard finds that memory: the first descriptor after the standard three. Those of a Loan follow,
	// if there is one: its memory, and the pipe.
	tableFD    = 3
	loanFD     = 4
	loanPipeFD = 5

	// bye is what an owner writes that needs its guard no more.
	bye = 'b'
)

// Guard is a small process that ends what its owner leaves behind when it is killed: the kernel's parent-death signal
// reaches direct children only, and a killed process cleans up nothing. It waits for the end of a pipe that the owner
// holds open, and costs nothing until then.
type Guard struct {
	pid    int
	pipe   *os.File // the end that closes when the owner dies
	memory []byte   // behind groups
	groups GroupTable
}

// NewRunID returns an id that no other run has: the pid and start of this process, and chance. It is a word of letters,
// digits and hyphens.
func NewRunID() string {
	self, _ := readProcess(unix.Getpid())
	var chance [8]byte
	_, _ = rand.Read(chance[:]) // never fails, see its documentation
	return fmt.Sprintf("%d-%d-%x", unix.Getpid(), self.start, chance)
}

// StartGuard starts a guard for this process, as the program exe ("/proc/self/exe" will do) with argv[0] GuardName. It is
// in a session of its own, with an empty environment and "/" as its directory, and holds none of this process's files.
// The caller must Close the Guard; if it dies without, the guard kills every process of the run: those in the groups of
// its table, those that carry RunVariable=runID, and those related to them; then it puts back what the owner had on loan,
// unless that is nil, and removes the directory scratch with all in it, an absolute path, unless that is "". StartGuard takes no longer than any start of a process; the guard gets ready by itself, and nothing
// is lost if the owner dies before it has.
func StartGuard(exe string, runID string, loan *Loan, scratch string) (*Guard, error) {
	g, err := startGuard(exe, runID, loan, scratch)
	if err != nil {
		return nil, fmt.Errorf("starting the guard: %w", err)
	}
	return g, nil
}

func startGuard(exe, runID string, loan *Loan, scratch string) (_ *Guard, err error) {
	argv := []string{GuardName}
	if scratch != "" {
		if !filepath.IsAbs(scratch) {
			return nil, fmt.Errorf("%q is not an absolute path", scratch)
		}
		argv = append(argv, scratch)
	}
	greeting, err := ourGreeting(runID, len(loan.Cells()))
	if err != nil {
		return nil, err
	}
	table, err := newMemory("xpool-groups", tableBytes)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	g := &Guard{pipe: write}
	defer func() {
		if err != nil {
			_ = g.release()
		}
	}()
	if g.memory, err = mapMemory(table, tableBytes, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return nil, err
	}
	g.groups.cells = cellsOf(g.memory)
	// The greeting goes first: it fits into an empty pipe, and is there even if this process dies in the next moment.
	if _, err = write.WriteString(greeting.String()); err != nil {
		return nil, err
	}
	files := append([]uintptr{read.Fd(), null.Fd(), null.Fd(), table.Fd()}, loan.files()...)
	// Not os.StartProcess, whose first call tries out pidfds with a child in which
	// Go's handlers still run: a signal of the terminal would be seen twice.
	pid, err := syscall.ForkExec(exe, argv, &syscall.ProcAttr{
		Dir:   "/",
		Env:   []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}, // not nil, which would be all of ours
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, err
	}
	g.pid = pid
	return g, nil
}

// Groups returns the table through which the guard learns of the workers' process groups. It lives as long as g.
func (g *Guard) Groups() *GroupTable { return &g.groups }

// Pid returns the guard's pid: it is a child of this process that Adopted and its like must know.
func (g *Guard) Pid() int { return g.pid }

// Close ends the guard and waits for it, which takes no time. It kills no process of the run. A guard that has ended
// before is no error; a second Close does nothing.
func (g *Guard) Close() error {
	if g.pid == 0 {
		return nil
	}
	_, _ = g.pipe.Write([]byte{bye}) // for the case that it cannot be killed; a guard that is gone cannot read it
	_ = unix.Kill(g.pid, unix.SIGKILL)
	_, err := unix.Wait4(g.pid, nil, 0, nil)
	g.pid = 0
	return errors.Join(err, g.release())
}

// release lets go of what g holds but for the process.
func (g *Guard) release() error {
	g.groups.cells = nil
	err := g.pipe.Close()
	if g.memory != nil {
		err = errors.Join(err, unix.Munmap(g.memory))
		g.memory = nil
	}
	return err
}

// newMemory returns an empty file in memory of so many bytes.
func newMemory(name string, size int) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("ftruncate", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// mapMemory maps so many bytes of f, which can then be closed.
func mapMemory(f *os.File, size, protection int) (memory []byte, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < int64(size) {
		return nil, fmt.Errorf("%s: too small for what is to be in it", f.Name())
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	ctlErr := raw.Control(func(fd uintptr) {
		memory, err = unix.Mmap(int(fd), 0, size, protection, unix.MAP_SHARED)
	})
	return memory, errors.Join(ctlErr, os.NewSyscallError("mmap", err))
}

// cellsOf returns mapped memory, which begins at a page and so is aligned, as the cells of a table.
func cellsOf(memory []byte) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(&memory[0])), GroupSlots)
}

package crashdetect

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func newLoan(fd int, most int) (*Loan, error) {
	memory, err := newMemory("xpool-loan", most)
	if err != nil {
		return nil, err
	}
	cells, err := mapMemory(memory, most, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return nil, errors.Join(err, memory.Close())
	}
	return &Loan{pipe: fd, memory: memory, cells: cells}, nil
}

// Close gives up the memory; what is on loan is forgotten by this process. A guard that was started is to be closed
// before. A second Close does nothing.
func (l *Loan) Close() error {
	if l.cells == nil {
		return nil
	}
	cells := l.cells
	l.cells = nil
	return errors.Join(unix.Munmap(cells), l.memory.Close())
}

// files are what a guard needs to put the loan back, in the order of loanFD and loanPipeFD.
func (l *Loan) files() []uintptr {
	if len(l.Cells()) == 0 {
		return nil
	}
	return []uintptr{l.memory.Fd(), uintptr(l.pipe)}
}

// putBack is the guard's: it puts back what is on loan, of at most so many bytes.
func putBack(most int) error {
	if most == 0 {
		return nil
	}
	memory := os.NewFile(loanFD, "loan")
	if memory == nil {
		return unix.EBADF
	}
	cells, err := mapMemory(memory, most, unix.PROT_READ)
	if err != nil {
		return err
	}
	for _, b := range cells {
		if b != 0 {
			err = errors.Join(err, writeByte(loanPipeFD, b))
		}
	}
	return err
}

// writeByte writes to a pipe, which has room: that is where the byte came from.
func writeByte(fd int, b byte) error {
	for {
		_, err := unix.Write(fd, []byte{b})
		if err != unix.EINTR {
			return os.NewSyscallError("write", err)
		}
	}
}

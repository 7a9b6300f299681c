package crashdetect

import "os"

// Loan is what a process has taken out of a pipe that belongs to others, byte by byte, and owes it, as the tokens of a
// make jobserver: StartGuard's guard puts it back if the process is killed.
type Loan struct {
	pipe   int      // where it belongs; borrowed
	memory *os.File // behind cells; nil where there are no guards
	cells  []byte
}

// NewLoan returns a loan of at most so many bytes, of which there is none yet. They belong into the pipe that fd writes
// to, which stays the caller's and has to be open until Close. The caller ends the loan with Close.
func NewLoan(fd int, most int) (*Loan, error) { return newLoan(fd, most) }

// Cells are the bytes on loan: one that is 0 stands for none. A byte read straight into a cell, by a system call, is on
// loan at the moment at which it leaves the pipe. A cell is to be set to 0 after its byte was put back: a process killed
// in between has it put back twice. A nil Loan has no cells, nor has one that was closed.
func (l *Loan) Cells() []byte {
	if l == nil {
		return nil
	}
	return l.cells
}

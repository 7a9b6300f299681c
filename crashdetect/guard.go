package crashdetect

import "sync/atomic"

const (
	// GuardName is the argv[0] of a guard: a program that uses StartGuard must call RunGuard, and nothing else, when it
	// finds itself started by this name.
	GuardName = "xpool-guard"

	// RunVariable names the environment variable that marks the processes of a run. Each worker must be started with it
	// set to the run's id, from NewRunID; its children inherit it.
	RunVariable = "XPOOL_RUN"

	// GroupSlots is the number of slots in a GroupTable.
	GroupSlots = 4096
)

// GroupTable tells a guard the process groups of the workers, one for each slot: memory that both processes see, so that
// telling costs one store. The zero GroupTable, and a nil one, ignore what they are told.
type GroupTable struct {
	cells []int32 // shared with the guard; nil after Guard.Close
}

// Set tells that the worker of slot leads the process group pgid, or, with 0, that it is about to be waited for and its
// number may become another's. Slots are 1 to GroupSlots; others are ignored: their workers are found by their marker
// only. Set may be called from any goroutine, but not together with Guard.Close.
func (t *GroupTable) Set(slot int, pgid int) {
	if t != nil && slot >= 1 && slot <= len(t.cells) {
		atomic.StoreInt32(&t.cells[slot-1], int32(pgid))
	}
}

// groups returns the groups in the table.
func (t *GroupTable) groups() map[int]bool {
	set := make(map[int]bool)
	for i := range t.cells {
		if g := atomic.LoadInt32(&t.cells[i]); g > 1 {
			set[int(g)] = true
		}
	}
	return set
}

package runner

import "testing"

// TestTotal holds that the display takes nothing for the number of tasks that is not.
func TestTotal(t *testing.T) {
	operands := Options{Operands: []string{"a", "b", "c"}, HasArgs: true}
	pairs := operands
	pairs.Packing.setArgs(2)
	named := operands
	named.Rows.asked = true // by --header, say, whose record makes no task
	for _, tt := range []struct {
		name    string
		opts    Options
		counted int64
		read    bool // all of the input
		n       int64
		known   bool
	}{
		{"an endless input", Options{}, 0, false, 1, false},
		{"an input that has ended", Options{}, 0, true, 1, true},
		{"arguments", operands, 0, false, 3, true},
		{"two arguments for a task", pairs, 0, false, 1, false},
		{"rows", named, 0, false, 1, false},
		{"counted", named, 7, false, 7, true},
	} {
		r := &run{opts: tt.opts, ledger: newLedger(), tasks: tt.counted}
		r.ledger.enter()
		if tt.read {
			r.ledger.complete()
		}
		if n, known := r.total(); n != tt.n || known != tt.known {
			t.Errorf("%s: %d tasks, known: %v; want %d, %v", tt.name, n, known, tt.n, tt.known)
		}
	}
}

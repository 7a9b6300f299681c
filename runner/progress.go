package runner

import (
	"os"

	"github.com/mattn/go-isatty"

	"xpool/runner/output"
)

// outputOptions says how the run prints.
func (r *run) outputOptions() output.Options {
	o := output.Options{
		Stdout:      r.streams.stdout,
		Stderr:      r.streams.stderr,
		Unordered:   r.opts.Unordered || r.opts.Ungroup,
		TempDir:     r.streams.env.get("TMPDIR"),
		OneTerminal: isTerminal(r.streams.stdout) && isTerminal(r.streams.stderr),
	}
	return o
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }

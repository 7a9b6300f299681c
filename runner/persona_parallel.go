package runner

import (
	"fmt"
	"syscall"

	"xpool/crashdetect"
	"xpool/pool"
)

// parallelPersona is that of GNU parallel: its exit status counts the tasks that
// failed, of which it tells nothing itself, but for those that took too long, and
// the one that ends the run. A crash is told too, as it is in native mode.
type parallelPersona struct{ run *run }

// parallelError is the status of GNU parallel for an error of its own.
const parallelError = 255

func (p *parallelPersona) began(*task)                   {}
func (p *parallelPersona) ended(*task, pool.Result)      {}
func (p *parallelPersona) ends(crashdetect.Verdict) bool { return false }
func (p *parallelPersona) summary() string               { return "" }
func (p *parallelPersona) farewell(syscall.Signal) string {
	return ""
}

func (p *parallelPersona) status() Status { return Status{Code: p.run.halting.status()} }

func (p *parallelPersona) fault(err error) (string, Status) {
	return p.run.command.explain(err), Status{Code: parallelError}
}

func (p *parallelPersona) failure(t *task, res pool.Result) string {
	switch v := res.Verdict; {
	case p.run.opts.Quiet, v.OK():
		return ""
	case v.Kind == crashdetect.TimedOut:
		return fmt.Sprintf("Warning: This job was killed because it timed out:\n%s: Warning: %s",
			p.run.opts.Name, p.run.command.line(t.context(res.Slot)))
	case !v.Told():
		return ""
	default:
		return fmt.Sprintf("task %s: %s%s", t.title(res), v, lastWords(res))
	}
}

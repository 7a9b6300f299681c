package runner

import (
	"fmt"

	"xpool/runner/pack"
)

// packing is how many records make a task. The zero value is what is usual: one
// in native mode, as many as fit in that of xargs. Of the options that it holds
// the last one counts, as in GNU xargs, and each that is dropped leaves a
// warning.
type packing struct {
	limits   pack.Limits
	asked    bool // any of its options was given
	replaces bool // -I was given, and counts; Limits.Replace may be empty all the same
	warnings []string
}

// setArgs is -n.
func (p *packing) setArgs(n int) {
	p.asked = true
	if n == 1 && p.replaces { // xargs takes "-I{} -n1" for "-I{}", which does the same
		p.limits.MaxArgs = 0
		return
	}
	p.dropLines("--max-args/-n")
	p.dropReplace("--max-args/-n")
	p.limits.MaxArgs = n
}

// setLines is -L, or another option of that meaning by the name that a warning
// shows.
func (p *packing) setLines(n int, name string) {
	p.asked = true
	p.dropArgs(name)
	p.dropReplace(name)
	p.limits.MaxLines = n
}

// setReplace is -I.
func (p *packing) setReplace(s string) {
	const name = "--replace/-I/-i"
	p.asked = true
	p.dropLines(name)
	p.dropArgs(name)
	p.limits.Replace, p.replaces = s, true
}

func (p *packing) dropArgs(by string) {
	if p.limits.MaxArgs > 0 {
		p.warn("max-args", by)
		p.limits.MaxArgs = 0
	}
}

func (p *packing) dropLines(by string) {
	if p.limits.MaxLines > 0 {
		p.warn("max-lines", by)
		p.limits.MaxLines = 0
	}
}

func (p *packing) dropReplace(by string) {
	if p.replaces {
		p.warn("replace", by)
		p.limits.Replace, p.replaces = "", false
	}
}

func (p *packing) warn(dropped, by string) {
	p.warnings = append(p.warnings, fmt.Sprintf(
		"warning: options --%s and %s are mutually exclusive, ignoring previous --%s value", dropped, by, dropped))
}

// setChars is -s. The system's limits are looked at later.
func (p *packing) setChars(n int) {
	p.asked = true
	p.limits.MaxChars = n
}

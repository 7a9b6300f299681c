package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"xpool/pool"
)

// environment is the environment of the run.
type environment []string

func (e environment) get(name string) string {
	for i := len(e) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(e[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// functionPrefix and functionSuffix enclose the names of the functions that bash
// exports, in the names of environment variables.
const (
	functionPrefix = "BASH_FUNC_"
	functionSuffix = "%%"
)

// hasFunction tells whether the environment brings a shell function of a name.
func (e environment) hasFunction(name string) bool {
	for _, v := range e {
		if strings.HasPrefix(v, functionPrefix+name+functionSuffix+"=") {
			return true
		}
	}
	return false
}

// mayHaveFunction tells whether a worker of the shell may have a function, or an alias, of
// a name.
func (e environment) mayHaveFunction(shell string) func(name string) bool {
	if (&pool.Shell{Path: shell}).ReadsFile(e) {
		return func(string) bool { return true }
	}
	return e.hasFunction
}

// shell is the shell that runs scripts: the one asked for, else bash if the
// environment has functions that only bash understands, else sh.
func (e environment) shell() string {
	if s := e.get("XPOOL_SHELL"); s != "" {
		return s
	}
	for _, v := range e {
		if strings.HasPrefix(v, functionPrefix) {
			return "bash"
		}
	}
	return "/bin/sh"
}

// resolve returns the file that a name without a slash stands for in PATH, as
// well as it can: what cannot be found is told when it is to be run.
func (e environment) resolve(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for _, dir := range filepath.SplitList(e.get("PATH")) {
		if path := filepath.Join(dir, name); isExecutable(path) {
			return path
		}
	}
	return name
}

// A run that starts itself must not become a fork bomb: each level of runs in
// runs counts in XPOOL_DEPTH, and XPOOL_MAX_DEPTH, or else maxDepth, bounds it.
const (
	depthVariable    = "XPOOL_DEPTH"
	maxDepthVariable = "XPOOL_MAX_DEPTH"
	maxDepth         = 10
)

// deeper is the environment for the tasks of a run in e, one level further down.
// A number that is none counts as not set, and one that is too large for an int as
// the largest.
func (e environment) deeper() (environment, error) {
	depth := e.number(depthVariable, 0)
	most := e.number(maxDepthVariable, maxDepth)
	if depth >= most {
		return nil, fmt.Errorf("runs are nested %d deep, which %s forbids (does a task start this very run?)", depth, maxDepthVariable)
	}
	next := make(environment, 0, len(e)+1)
	for _, v := range e {
		if !strings.HasPrefix(v, depthVariable+"=") {
			next = append(next, v)
		}
	}
	return append(next, depthVariable+"="+strconv.Itoa(depth+1)), nil
}

// number is the value of a variable that holds a number, or else other.
func (e environment) number(name string, other int) int {
	n, err := strconv.Atoi(e.get(name))
	if err != nil && !errors.Is(err, strconv.ErrRange) || n < 0 {
		return other
	}
	return n
}

// without is e without a variable; "" is none.
func (e environment) without(name string) environment {
	if name == "" || e.get(name) == "" && !slices.Contains(e, name+"=") {
		return e
	}
	return slices.DeleteFunc(slices.Clone(e), func(v string) bool { return strings.HasPrefix(v, name+"=") })
}

// withParallel is e with the variables of a task that GNU parallel sets, as far as
// they can be inherited.
func (e environment) withParallel() environment {
	e = e.without("PARALLEL_SEQ").without("PARALLEL_PID")
	return append(slices.Clip(e), "PARALLEL_SEQ=0", "PARALLEL_PID="+strconv.Itoa(os.Getpid()))
}

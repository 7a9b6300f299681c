package runner

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"xpool/pool"
	"xpool/runner/value"
)

// wordFlag takes a word that says what the command is: "" is none.
type wordFlag struct {
	to   *string
	kind string
}

func (f wordFlag) String() string {
	if f.to == nil {
		return ""
	}
	return *f.to
}

func (f wordFlag) Type() string { return f.kind }

func (f wordFlag) Set(s string) error {
	if s == "" {
		return fmt.Errorf("want the name of the %s", f.kind)
	}
	*f.to = s
	return nil
}

// protocolFlag takes the name of a co-process's protocol.
type protocolFlag struct{ to *pool.Protocol }

func (f protocolFlag) String() string {
	if f.to == nil {
		return ""
	}
	return f.to.String()
}

func (protocolFlag) Type() string { return "protocol" }

func (f protocolFlag) Set(s string) error {
	for _, p := range []pool.Protocol{pool.Lines, pool.NUL, pool.JSON} {
		if s == p.String() {
			*f.to = p
			return nil
		}
	}
	return errors.New("want lines, nul or json")
}

// initFlag takes a piece of code for Init. Several make one, in their order.
type initFlag struct{ o *Options }

func (initFlag) String() string { return "" }
func (initFlag) Type() string   { return "code" }

func (f initFlag) Set(s string) error {
	if f.o.Init != "" {
		f.o.Init += "\n"
	}
	f.o.Init += s
	return nil
}

// initFileFlag is initFlag for a file.
type initFileFlag struct{ o *Options }

func (initFileFlag) String() string { return "" }
func (initFileFlag) Type() string   { return "file" }

func (f initFileFlag) Set(name string) error {
	keepToSelf(name)
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	f.o.InitFiles = append(f.o.InitFiles, name)
	return initFlag(f).Set(string(text))
}

// recycleFlag takes a size or "auto".
type recycleFlag struct{ to *int64 }

func (recycleFlag) String() string { return "" }
func (recycleFlag) Type() string   { return "size" }

func (f recycleFlag) Set(s string) error {
	if s == "auto" {
		*f.to = pool.RecycleAuto
		return nil
	}
	n, err := value.ParseSize(s)
	if err == nil {
		*f.to = n
	}
	return err
}

// threadsFlag takes a number or "auto".
type threadsFlag struct{ o *Options }

func (threadsFlag) String() string { return "" }
func (threadsFlag) Type() string   { return "number" }

func (f threadsFlag) Set(s string) error {
	if s == "auto" {
		f.o.Threads = threadsAuto
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return fmt.Errorf("want a number over 0, or auto")
	}
	f.o.Threads = n
	return nil
}

// threadsAuto has the tasks that run at the same time share the CPUs.
const threadsAuto = -1

// threadVariables are what libraries look at that start threads of their own: the
// list is that of joblib.
func threadVariables() []string {
	return []string{
		"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
		"VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS",
	}
}

// withThreads returns the environment for tasks that are to use so many threads
// each. With threadsAuto what the user has set stays.
func (e environment) withThreads(threads, jobs int, cpus func() int) environment {
	if threads == 0 {
		return e
	}
	n := threads
	if threads == threadsAuto {
		n = max(1, cpus()/max(1, jobs))
	}
	next := append(environment(nil), e...)
	for _, name := range threadVariables() {
		if threads == threadsAuto && e.get(name) != "" {
			continue
		}
		next = append(next.without(name), name+"="+strconv.Itoa(n))
	}
	return next
}

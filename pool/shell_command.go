package pool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// The functions that a worker is given: _xpool_task is the body, which begins on
// the first line so that the shell counts lines as the user does. _xpool_sub and
// _xpool_here put a task's number, attempt and values in their variables and run
// it, in a subshell or in the worker, with its streams at the paths that they are
// given. _xpool_reply answers with the task's number and its exit status; it is a
// command line of its own, because bash drops the whole of one in which an
// expansion fails, and goes on with the next. Each use of RANDOM moves it on, or all
// the subshells of a zsh would find the same number in it. _xpool_ready tries
// whether the paths can be opened before the worker says that it is ready.
//
// All but the body are read before Init, whose aliases so do not count in them; its
// functions do not either, as %[1]s stands before the names of commands.
const (
	shellReady = "xpool-ready"
	body       = "_xpool_task() { %s\n}\n"
	prelude    = `_xpool_sub() {
%[2]s
( _xpool_task "$@" ) <%[4]s >"$_xpool_out" 2>"$_xpool_err"
}
_xpool_here() {
%[2]s
_xpool_task "$@" <%[4]s >"$_xpool_out" 2>"$_xpool_err"
}
_xpool_ready() {
%[1]s set +e
if { %[1]s :; } >%[3]s; then :; else %[1]s exit 1; fi
%[1]s printf '%%s\n' ` + shellReady + `
}
` + replyFunction
	replyFunction = `_xpool_reply() {
%[1]s printf '%%s %%s\n' "$1" "$?"
}
`
)

// builtin is the command that runs a builtin, whatever functions there are. That of
// the standard does not find a builtin in zsh.
func (k *Shell) builtin() string {
	if k.isZsh() {
		return "builtin"
	}
	return "command"
}

// prelude is what a worker is told of before Init and the body. It can open path
// for writing if it is to be of use.
func (k *Shell) prelude(path string) string {
	own, in := []string{"XPOOL_SEQ", "XPOOL_ATTEMPT", "_xpool_out", "_xpool_err"}, os.DevNull
	if k.Stdin {
		own, in = append(own, "_xpool_in"), `"$_xpool_in"`
	}
	return fmt.Sprintf(prelude, k.builtin(), k.taking(own...), appendQuoted(nil, path), in)
}

// taking puts a function's first arguments into its own variables and those of
// Names, and leaves it with the rest.
func (k *Shell) taking(own ...string) string {
	b := []byte("_xpool_random=${RANDOM-}")
	n := 0
	for _, name := range slices.Concat(own, k.Names) {
		n++
		b = fmt.Appendf(b, " %s=${%d}", name, n)
	}
	return string(fmt.Appendf(b, "\n%s shift %d", k.builtin(), n))
}

// initCommand runs Init, which comes before the body: aliases and options that it
// sets count there. path is the file that it is in, if it is in one.
func (k *Shell) initCommand(path string) string {
	if path != "" {
		return fmt.Sprintf(". %s </dev/null >&2 || %s exit\n", path, k.builtin())
	}
	// The newline keeps what begins with a hyphen from being an option of eval.
	return fmt.Sprintf("eval %s </dev/null >&2 || %s exit\n", appendQuoted(nil, "\n"+k.Init), k.builtin())
}

// firstCommands are what the worker reads before its first task.
func (w *shellWorker) firstCommands() ([]byte, error) {
	k := w.kind
	body, prelude := fmt.Appendf(nil, body, k.Body), k.prelude(w.capture.paths[Stdout])
	if k.Init == "" {
		first, err := w.source.shorten(append(body, prelude...))
		return append(first, "_xpool_ready\n"...), err
	}
	path, err := w.initSource.put([]byte(k.Init))
	if err != nil {
		return nil, err
	}
	first := []byte(prelude + k.initCommand(path))
	// In a file of its own, so that lines count from its beginning.
	if path, err = w.source.put(body); err != nil {
		return nil, err
	}
	if path != "" {
		body = []byte("\\. " + path + "\n")
	}
	return append(append(first, body...), "_xpool_ready\n"...), nil
}

func checkNUL(p Payload) error {
	for _, words := range [][]string{p.Args, p.Values} {
		for _, w := range words {
			if strings.IndexByte(w, 0) >= 0 {
				return errors.New("a NUL byte cannot be handed to a shell")
			}
		}
	}
	return nil
}

// appendCommand appends the line that runs a.
func (w *shellWorker) appendCommand(b []byte, a *attempt) []byte {
	if a.payload.InWorker {
		b = append(b, "_xpool_here "...)
	} else {
		b = append(b, "_xpool_sub "...)
	}
	b = strconv.AppendInt(b, a.task.Seq, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(a.number), 10)
	for _, path := range w.capture.paths {
		b = appendQuoted(append(b, ' '), path)
	}
	if w.kind.Stdin {
		in := a.payload.Stdin
		if in == "" {
			in = os.DevNull
		}
		b = appendQuoted(append(b, ' '), in)
	}
	return appendValues(b, a.payload)
}

// appendValues appends what a task gives its body, and ends the command.
func appendValues(b []byte, p Payload) []byte {
	for _, v := range p.Values {
		b = appendQuoted(append(b, ' '), v)
	}
	for _, v := range p.Args {
		b = appendQuoted(append(b, ' '), v)
	}
	return append(b, '\n')
}

// appendQuoted appends s as one shell word that stands for itself.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '\'')
	for {
		i := strings.IndexByte(s, '\'')
		if i < 0 {
			break
		}
		b = append(b, s[:i]...)
		b = append(b, `'\''`...)
		s = s[i+1:]
	}
	b = append(b, s...)
	return append(b, '\'')
}

// parseReply reads "SEQ STATUS". What is no reply is 0, 0 and false.
func parseReply(line []byte) (seq int64, status int, ok bool) {
	a, b, _ := strings.Cut(string(line), " ")
	seq, err := strconv.ParseInt(a, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	status, err = strconv.Atoi(b)
	if err != nil || status < 0 {
		return 0, 0, false
	}
	return seq, status, true
}

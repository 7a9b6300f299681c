package runner

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"xpool/pool"
	"xpool/runner/template"
)

// language is the interpreter of code.
func (o *Options) language() string {
	if o.Lang == "" {
		return "python3"
	}
	return o.Lang
}

// codeCommand runs code in interpreters that stay, or calls a function there.
type codeCommand struct {
	interpreter string
	code, init  string
	call        bool
}

func newCodeCommand(o *Options) *codeCommand {
	if o.Call != "" {
		return &codeCommand{interpreter: o.language(), code: o.Call, init: o.Init, call: true}
	}
	return &codeCommand{interpreter: o.language(), code: o.Command[0], init: o.Init}
}

func (c *codeCommand) kind(terminal) pool.Kind {
	return &pool.Interpreter{
		Path: c.interpreter, Language: pool.LanguageOf(c.interpreter), Code: c.code, Call: c.call, Init: c.init,
	}
}

func (c *codeCommand) inherits() bool { return false }

func (c *codeCommand) payload(ctx template.Context) (pool.Payload, error) {
	return pool.Payload{Args: ctx.Args}, nil
}

func (c *codeCommand) explain(err error) string {
	return explainWorkers(filepath.Base(c.interpreter), err)
}

// label is the record, and of the code what fits before it.
func (c *codeCommand) label(ctx template.Context) string {
	code, _, more := strings.Cut(strings.TrimSpace(c.code), "\n")
	if more || len(code) > labelMost/2 {
		code = strings.ToValidUTF8(code[:min(len(code), labelMost/2)], "") + "..."
	}
	return shorten(code + " " + showList(ctx.Args))
}

func (c *codeCommand) line(ctx template.Context) string {
	words := []string{"--lang", c.interpreter, c.code, ":::"}
	if c.call {
		words = []string{"--lang", c.interpreter, "--call", c.code, ":::"}
	}
	return typedWords(append(words, ctx.Args...))
}

// coprocessCommand hands records to programs that stay.
type coprocessCommand struct {
	words     []string
	protocol  pool.Protocol
	prefetch  int
	multiplex int
	cancel    bool
	live      bool              // what the workers say is shown as it comes
	silent    func(line string) // tells the user something
	log       func(text []byte) // shows what belongs to no task
	loose     looseValue
}

func newCoprocessCommand(o *Options) *coprocessCommand {
	return &coprocessCommand{
		words: o.Command, protocol: o.Protocol, prefetch: o.Prefetch, multiplex: o.Multiplex, cancel: o.Cancel,
		live: (o.Ungroup || o.LineBuffer) && !o.Record.keeps(), silent: o.note, log: o.log, loose: o.loose,
	}
}

func (c *coprocessCommand) kind(terminal) pool.Kind {
	return &pool.Coprocess{
		Argv: c.words, Protocol: c.protocol, Prefetch: c.prefetch, Multiplex: c.multiplex, Cancel: c.cancel,
		Silent: c.hint, Waiting: c.warn, Log: c.log,
	}
}

func (c *coprocessCommand) inherits() bool { return false }

func (c *coprocessCommand) explain(err error) string {
	if c.live {
		err = withoutWords(err)
	}
	return explainWorkers(quoteWord(c.words[0]), err) + c.loose.adviceOn(err)
}

// withoutWords is an error of the pool without what the last worker said.
func withoutWords(err error) error {
	switch e := err.(type) {
	case *pool.BrokenError:
		return &pool.BrokenError{Err: e.Err}
	case *pool.HostError:
		return &pool.HostError{Host: e.Host, Err: withoutWords(e.Err), Words: e.Words}
	}
	return err
}

func (c *coprocessCommand) payload(ctx template.Context) (pool.Payload, error) {
	return pool.Payload{Args: ctx.Args}, nil
}

func (c *coprocessCommand) label(ctx template.Context) string {
	return showWords(append([]string{filepath.Base(c.words[0])}, ctx.Args...))
}

func (c *coprocessCommand) line(ctx template.Context) string {
	return typedWords(append(c.words[:len(c.words):len(c.words)], ctx.Args...))
}

// hint is for a worker that has read its first task and says nothing.
func (c *coprocessCommand) hint(seq int64, silence time.Duration) {
	c.silent(fmt.Sprintf("the worker has read task %d and has printed nothing for %v: does it keep its input or its output in a buffer? "+
		"(try stdbuf -oL, python3 -u, jq --unbuffered, sed -u, grep --line-buffered, mawk -W interactive)", seq, roundSilence(silence)))
}

// warn is for a worker that has read a task and now waits for the next one.
func (c *coprocessCommand) warn(seq int64, silence time.Duration) {
	c.silent(fmt.Sprintf("the worker has read task %d, has not answered it for %v and waits for more: does it leave records out, "+
		"or keep its input or its output in a buffer? (each record needs an answer)", seq, roundSilence(silence)))
}

// roundSilence leaves of a duration what a person wants to know.
func roundSilence(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(time.Second / 10)
	}
	return d.Round(time.Second)
}

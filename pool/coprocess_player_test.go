package pool_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/pool"
)

// coworkerName is the first argument with which TestMain plays a co-process.
const coworkerName = "coworker"

// coworker is the co-process that this test binary plays in the given mode: each
// record says what to do about it; see coworker.obey.
func coworker(t *testing.T, p pool.Protocol, mode ...string) *pool.Coprocess {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := append([]string{exe, coworkerName, p.String()}, mode...)
	return &pool.Coprocess{Argv: argv, Protocol: p}
}

// coworkerEnv is the environment for coworkers: under the race detector, a process
// is not to wait for reports when it exits.
func coworkerEnv() []string { return append(os.Environ(), "GORACE=atexit_sleep_ms=0") }

// player is a co-process at work.
type player struct {
	json bool
	end  byte
	out  io.Writer
	held string // the record of a "pair" that waits for another
	mode map[string]bool
}

// play serves standard input until its end.
func play(protocol string, mode []string) {
	p := &player{json: protocol == "json", end: '\n', out: os.Stdout, mode: map[string]bool{}}
	for _, m := range mode {
		p.mode[m] = true
	}
	if protocol == "nul" {
		p.end = 0
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		record, err := in.ReadString(p.end)
		if err != nil {
			return
		}
		if p.mode["chaos"] {
			time.AfterFunc(time.Duration(rand.Intn(3000))*time.Microsecond, p.kill)
		}
		p.serve(strings.TrimSuffix(record, string(p.end)))
	}
}

func (p *player) serve(record string) {
	if p.json {
		var r struct{ Arguments []string }
		if err := json.Unmarshal([]byte(record), &r); err != nil {
			panic(err)
		}
		record = strings.Join(r.Arguments, "\t")
	}
	p.obey(strings.SplitN(record, " ", 2))
}

func (p *player) kill() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	p.hang()
}

// hang blocks without being taken for a deadlock.
func (p *player) hang() { time.Sleep(time.Hour) }

func (p *player) reply(s string) { p.replyStatus(s, 0) }

func (p *player) replyStatus(s string, status int) {
	if p.json {
		b, _ := json.Marshal(map[string]any{"exitCode": status, "output": s})
		s = string(b)
	}
	io.WriteString(p.out, s+string(p.end))
}

// obey does what a record says: a word, and an argument for it.
func (p *player) obey(words []string) {
	arg := ""
	if len(words) > 1 {
		arg = words[1]
	}
	n, _ := strconv.Atoi(arg)
	switch words[0] {
	case "say":
		p.reply(arg)
	case "status":
		p.replyStatus("", n)
	case "pid":
		p.reply(fmt.Sprint(os.Getpid()))
	case "exit":
		os.Exit(n)
	case "kill":
		p.kill()
	case "half": // a reply, and die
		io.WriteString(p.out, arg)
		p.kill()
	case "last": // reply, and exit
		p.reply("last")
		os.Exit(n)
	case "lastkill":
		p.reply("last")
		p.kill()
	case "twice":
		b := &bytes.Buffer{}
		p.out = b
		p.reply(arg)
		p.reply("more")
		p.out = os.Stdout
		p.out.Write(b.Bytes())
	case "raw":
		io.WriteString(p.out, arg)
	case "big":
		line := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		for range n { // megabytes
			p.out.Write(line)
		}
		p.reply("")
	case "complain": // so many bytes, then reply
		io.WriteString(os.Stderr, strings.Repeat("c", n)+"\n")
		p.reply("complained")
	case "mix": // both streams
		io.WriteString(p.out, "mi")
		io.WriteString(os.Stderr, "c")
		p.reply("x")
	case "explain": // on standard error, and exit
		fmt.Fprintln(os.Stderr, arg)
		os.Exit(1)
	case "leave": // reply, and die as soon as nobody waits
		p.reply("leaving")
		time.AfterFunc(time.Duration(n)*time.Millisecond, p.kill)
	case "pair": // replies to two at once
		if p.held != "" {
			p.reply(p.held)
			p.reply(arg)
			arg = ""
		}
		p.held = arg
	case "hang":
		p.hang()
	case "deaf": // reads no more, but says so once
		p.reply("deaf")
		p.hang()
	case "close":
		os.Stdout.Close()
		p.hang()
	case "wait": // for somebody to write to the named pipe
		if f, err := os.Open(arg); err == nil {
			f.Close()
		}
		p.reply("waited")
	case "count": // the length of what follows
		p.reply(fmt.Sprint(len(arg)))
	default:
		p.reply("? " + strings.Join(words, " "))
	}
}

package pool_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"xpool/pool"
)

// multiplexer is the co-process with several slots that this test binary plays in
// the given mode: each record says what to do about it; see muxPlayer.obey.
func multiplexer(t *testing.T, slots int, mode ...string) *pool.Coprocess {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := append([]string{exe, "-test.run=^TestPlayMultiplexer$", "--", "multiplexer"}, mode...)
	return &pool.Coprocess{Argv: argv, Protocol: pool.JSON, Multiplex: slots}
}

// TestPlayMultiplexer is no test: it is the process behind multiplexer.
func TestPlayMultiplexer(t *testing.T) {
	args := os.Args
	for i, a := range args {
		if a == "multiplexer" && i > 0 && args[i-1] == "--" {
			playMultiplexer(args[i+1:])
			os.Exit(0)
		}
	}
	t.Skip("played by the tests of Coprocess.Multiplex")
}

// muxPlayer is a co-process that works at several requests at once.
type muxPlayer struct {
	mode map[string]bool

	mu        sync.Mutex
	changed   *sync.Cond
	present   map[int32]bool // requests that are not answered; true: to be cancelled
	entered   int            // how many there have been
	cancelled int            // how often a request was to be
}

type muxRequest struct {
	Arguments []string
	RequestID int32
	Cancel    bool
}

func playMultiplexer(mode []string) {
	p := &muxPlayer{mode: map[string]bool{}, present: map[int32]bool{}}
	p.changed = sync.NewCond(&p.mu)
	for _, m := range mode {
		p.mode[m] = true
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if p.mode["chaos"] {
			time.AfterFunc(time.Duration(rand.Intn(20_000))*time.Microsecond, func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) })
		}
		var r muxRequest
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			panic(err)
		}
		p.enter(r)
	}
}

// enter takes a request, as far as it does so without being asked twice.
func (p *muxPlayer) enter(r muxRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.changed.Broadcast()
	if r.Cancel {
		p.cancelled++
		if _, ok := p.present[r.RequestID]; ok {
			p.present[r.RequestID] = true
		}
		return
	}
	p.present[r.RequestID] = false
	p.entered++
	go p.obey(r.RequestID, strings.Join(r.Arguments, "\t"))
}

// until blocks until the condition holds.
func (p *muxPlayer) until(holds func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !holds() {
		p.changed.Wait()
	}
}

// answer writes a response whose fields are these and the number.
func (p *muxPlayer) answer(id int32, fields map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.present, id)
	fields["requestId"] = id
	b, _ := json.Marshal(fields)
	os.Stdout.Write(append(b, '\n'))
	p.changed.Broadcast()
}

func (p *muxPlayer) say(id int32, text string) { p.answer(id, map[string]any{"output": text}) }

// hang ends only when the request is cancelled, and then as the mode says.
func (p *muxPlayer) hang(id int32) {
	p.until(func() bool { return p.present[id] && !p.mode["deaf"] })
	if p.mode["stubborn"] { // an ordinary response is one too
		p.answer(id, map[string]any{"output": "not quite", "exitCode": 3})
		return
	}
	p.answer(id, map[string]any{"wasCancelled": true})
}

// obey does what a record says: a word, and an argument for it. "@3" before it
// waits until three requests have come.
func (p *muxPlayer) obey(id int32, record string) {
	if n, rest, ok := strings.Cut(record, " "); ok && n[0] == '@' {
		least, _ := strconv.Atoi(n[1:])
		p.until(func() bool { return p.entered >= least })
		record = rest
	}
	word, arg, _ := strings.Cut(record, " ")
	n, _ := strconv.Atoi(arg)
	switch word {
	case "say":
		p.say(id, arg)
	case "status":
		p.answer(id, map[string]any{"exitCode": n})
	case "pid":
		p.say(id, fmt.Sprint(os.Getpid()))
	case "slot":
		p.say(id, os.Getenv("XPOOL_SLOT"))
	case "id":
		p.say(id, fmt.Sprint(id))
	case "count":
		p.say(id, fmt.Sprint(len(arg)))
	case "down": // when no more than so many are left
		p.until(func() bool { return len(p.present) <= n })
		p.say(id, "down")
	case "hang":
		p.hang(id)
	case "afterwards": // when another one has been cancelled
		p.until(func() bool { return p.cancelled > 0 })
		p.say(id, "afterwards")
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "exit":
		os.Exit(n)
	case "explain":
		fmt.Fprintln(os.Stderr, arg)
		os.Exit(1)
	case "raw":
		io.WriteString(os.Stdout, arg)
	case "twice":
		fmt.Printf(`{"requestId":%d}{"requestId":%[1]d}`, id)
	case "complain":
		io.WriteString(os.Stderr, arg+"\n")
		p.say(id, "complained")
	case "flood": // half a million bytes on standard error
		io.WriteString(os.Stderr, strings.Repeat("flood\n", 1<<19/6))
		p.say(id, "flooded")
	case "close":
		os.Stdout.Close()
	default:
		p.say(id, "? "+record)
	}
}

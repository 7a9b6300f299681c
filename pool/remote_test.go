package pool_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/pool/peertest"
	"xpool/pool/serve"
	"xpool/pool/wire"
)

func TestRemoteKinds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(file, []byte(strings.Repeat("0123456789\n", 50_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	python := peertest.Path(t, "python3")
	for _, tt := range []struct {
		name string
		kind pool.Kind
		give pool.Payload
		out  string
	}{
		{"program", &pool.Program{}, words("sh", "-c", "echo $V-$XPOOL_SEQ; echo e >&2"), "x-%d\n"},
		{"input", &pool.Program{}, pool.Payload{Args: []string{"sh", "-c", "cat | wc -c; echo e >&2"}, Stdin: file}, "550000\n"},
		{"shell", shell("sh", `echo "$1-$V-$n"; echo e >&2`, "n"), pool.Payload{Args: []string{"a"}, Values: []string{"b"}}, "a-x-b\n"},
		{"interpreter", &pool.Interpreter{
			Path: python, Language: pool.Python, Code: "import sys; print(arg, seq); print('e', file=sys.stderr)",
		}, words("a"), "a %d\n"},
		{"coprocess", &pool.Coprocess{Argv: []string{"sh", "-c", "while read -r l; do echo e >&2; echo $V-$l; done"}}, words("a"), "x-a\n"},
	} {
		k := &pool.Remote{
			Hosts: []pool.RemoteHost{far(t, "a", "agent", 1), far(t, "b", "agent", 0)},
			Inner: tt.kind, Env: []string{"V=x"},
		}
		var give []pool.Payload
		for range 6 {
			give = append(give, tt.give)
		}
		got, err := runAll(t, k, pool.Options{Jobs: 3, KillAfter: time.Second, Env: coworkerEnv()}, time.Minute, give...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for i, o := range got {
			want := tt.out
			if strings.Contains(want, "%") {
				want = fmt.Sprintf(want, i+1)
			}
			if !o.Verdict.OK() || strings.TrimSpace(o.out) != strings.TrimSpace(want) || o.err != "e\n" || o.Pid == 0 || o.Host != "a" && o.Host != "b" {
				t.Errorf("%s: task %d on %s: %v, %q, %q", tt.name, i+1, o.Host, o.Verdict, o.out, o.err)
			}
		}
	}
}

func TestRemoteNotFound(t *testing.T) {
	k := &pool.Remote{Hosts: []pool.RemoteHost{far(t, "a", "agent", 2)}, Inner: &pool.Program{Fixed: true}}
	_, err := runAll(t, k, pool.Options{Jobs: 2}, 0, words("no-such-program"), words("no-such-program"))
	if start, ok := errors.AsType[*crashdetect.StartError](err); !ok || start.Code() != 127 {
		t.Errorf("a program that is not there: %v", err)
	}
	k = &pool.Remote{Hosts: []pool.RemoteHost{far(t, "a", "agent", 2)}, Inner: &pool.Program{}}
	got, err := runAll(t, k, pool.Options{Jobs: 2}, 0, words("no-such-program"), words("true"))
	if start, ok := errors.AsType[*crashdetect.StartError](got[0].Err); err != nil || !ok || start.Code() != 127 || got[0].Verdict.Code != 127 {
		t.Errorf("a task's program that is not there: %v, %v, %v", got[0].Verdict, got[0].Err, err)
	}
	if !got[1].Verdict.OK() {
		t.Errorf("the other task: %v", got[1].Verdict)
	}
	k = &pool.Remote{Hosts: []pool.RemoteHost{{Name: "x", Argv: []string{"no-such-ssh", "x"}}}, Inner: &pool.Program{}}
	_, err = runAll(t, k, pool.Options{}, 0, words("true"))
	if host, ok := errors.AsType[*pool.HostError](err); !ok || host.Host != "x" || !strings.Contains(err.Error(), "no-such-ssh") {
		t.Errorf("a way that is not there: %v", err)
	}
}

// TestRemoteTrees has a task run into its time limit.
func TestRemoteTrees(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pid")
	k := &pool.Remote{Hosts: []pool.RemoteHost{far(t, "a", "agent", 2)}, Inner: &pool.Program{}}
	got, err := runAll(t, k, pool.Options{Jobs: 2, KillAfter: time.Second}, 500*time.Millisecond,
		words("sh", "-c", "trap '' TERM; (trap '' TERM; echo $$ > "+file+"; while :; do sleep 1000; done) & wait"))
	if err != nil || got[0].Verdict.Kind != crashdetect.TimedOut {
		t.Fatalf("%v, %v", got[0].Verdict, err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/" + strings.TrimSpace(string(b))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the process %s is there: %v", b, err)
	}
}

// TestRemoteChaos has tasks kill the agents that run them.
func TestRemoteChaos(t *testing.T) {
	for _, uncharged := range []bool{false, true} {
		const n = 60
		k := &pool.Remote{Inner: &pool.Program{}, Uncharged: uncharged}
		for i := range 3 {
			k.Hosts = append(k.Hosts, far(t, fmt.Sprint("host", i), "agent", 2))
		}
		var give []pool.Payload
		flags := t.TempDir()
		for i := range n {
			script := fmt.Sprintf("echo %d", i)
			if i%7 == 3 { // each once
				script = fmt.Sprintf("mkdir %s/%d && kill -9 $PPID; echo %d", flags, i, i)
			}
			give = append(give, words("sh", "-c", script))
		}
		got, err := runRemote(t, k, pool.Options{Jobs: 6, Env: coworkerEnv()}, 20, give...)
		if err != nil {
			t.Errorf("the pool ended with %v", err)
		}
		again := 0
		for i, o := range got {
			if !o.Verdict.OK() || o.out != fmt.Sprintf("%d\n", i) {
				t.Errorf("task %d: %v, %q", i+1, o.Verdict, o.out)
			}
			if again += o.Attempt - 1; uncharged && o.Attempt != 1 {
				t.Errorf("task %d: attempt %d", i+1, o.Attempt)
			}
		}
		if !uncharged && again == 0 {
			t.Error("no task was tried again")
		}
	}
}

// TestRemoteMisbehaves has far ends do what they should not. That is
// what the pool breaks down for, or the tasks go to a sound one.
func TestRemoteMisbehaves(t *testing.T) {
	for _, tt := range []struct{ mode, why string }{
		{"die at start", "far exited with status 3: I die at start"},
		{"kill at hello", "far was killed by SIGKILL"},
		{"garbage at open", "not a message: there is no type '\\x7f'"},
		{"half at hello", "the connection ended before the greeting"},
		{"half at open", "the connection ended within a message"},
		{"close at start", "the connection ended before the greeting"},
		{"close at open", "the connection was closed"},
		{"hang at start", "it was not ready within"},
		{"hang at open", "it was not ready within"},
		{"near at open", "it sent what only this end may say"},
		{"version", "the other end (\"xpool 99\") speaks version 33"},
		{"broken", "no such thing: sorry"},
		{"garbage at start", ""}, // which is noise
		{"die at ready", ""},
		{"kill at run", ""},
		{"garbage at began", ""},
		{"half at output", ""},
		{"endless at bye", ""},
		{"near at done", ""},
		{"hang at bye", ""},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			before := descriptors()
			testMisbehaving(t, tt.mode, tt.why)
			if after := descriptors(); after != before {
				t.Errorf("%d descriptors, %d before", after, before)
			}
		})
	}
}

// TestRemoteNoise has something else than a far end at the other end: it is shown once, and without what it could do to
// a terminal.
func TestRemoteNoise(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{`echo garbage`, `the connection ended before the greeting, with "garbage"`},
		{`printf 'garb\033[31mage'; exec cat /dev/zero`, `"garb\x1b[31mage\x00`},
		{`echo garbage; exit 3`, `sh exited with status 3: garbage`},
		{`echo garbage; echo words >&2`, `the connection ended before the greeting, with "garbage": words`},
	} {
		k := &pool.Remote{Hosts: []pool.RemoteHost{{Name: "x", Argv: []string{"sh", "-c", tt.script}}}, Inner: &pool.Program{}}
		_, err := runAll(t, k, pool.Options{}, 0, words("true"))
		if err == nil {
			t.Errorf("%s: no error", tt.script)
			continue
		}
		text := err.Error()
		if !strings.Contains(text, tt.want) || strings.Count(text, "age") != 1 || strings.ContainsAny(text, "\x00\x1b") {
			t.Errorf("%s: %q", tt.script, text)
		}
	}
}

func testMisbehaving(t *testing.T, mode, why string) {
	k := &pool.Remote{Hosts: []pool.RemoteHost{far(t, "bad", mode, 2)}, Inner: &pool.Program{}}
	if why == "" {
		k.Hosts = append(k.Hosts, far(t, "good", "sound", 2))
	}
	if why != "" && strings.HasPrefix(mode, "hang") {
		k.StartTimeout = 100 * time.Millisecond
	}
	var give []pool.Payload
	for range 12 {
		give = append(give, words("fine"))
	}
	got, err := runRemote(t, k, pool.Options{Jobs: 4, KillAfter: 100 * time.Millisecond, Env: coworkerEnv()}, 20, give...)
	if why != "" {
		if err == nil || !strings.Contains(strings.Replace(err.Error(), filepath.Base(os.Args[0]), "far", 1), why) {
			t.Errorf("the pool ended with %v, want %s", err, why)
		}
		return
	}
	if err != nil {
		t.Errorf("the pool ended with %v", err)
	}
	for i, o := range got {
		if !o.Verdict.OK() || o.out != "fine" {
			t.Errorf("task %d on %s: %v, %q", i+1, o.Host, o.Verdict, o.out)
		}
	}
}

// full is an Output that has had enough at once.
type full struct{}

func (full) Write(pool.Stream, []byte, func()) bool { return false }

// TestRemoteEndless has a far end send more than it may.
func TestRemoteEndless(t *testing.T) {
	k := &pool.Remote{Hosts: []pool.RemoteHost{far(t, "bad", "endless at began", 2)}, Inner: &pool.Program{}}
	p, err := pool.New(k, pool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var r pool.Result
	err = p.Submit(context.Background(), &pool.Task{
		Output: full{}, Done: func(got pool.Result) { r = got },
		Payload: func(pool.Place) (pool.Payload, error) { return words("fine"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	if want := "lost connection: bad: it sent more output than it was let"; r.Verdict.String() != want {
		t.Errorf("%q, want %q", r.Verdict, want)
	}
}

// TestRemoteLog passes on what is said on the way to a host, but for the last line of
// one that is not reached: that is in the error.
func TestRemoteLog(t *testing.T) {
	var log []string
	k := &pool.Remote{
		Hosts: []pool.RemoteHost{{Name: "a", Slots: 1, Argv: []string{"sh", "-c", "echo one >&2; echo; echo two >&2; exit 9"}}},
		Inner: &pool.Program{}, Log: func(host string, line []byte) { log = append(log, host+": "+string(line)) },
	}
	_, err := runAll(t, k, pool.Options{}, 0, words("true"))
	if got, want := fmt.Sprint(log), "[a: one]"; got != want {
		t.Errorf("the log is %v, want %v", got, want)
	}
	if err == nil || err.Error() != "host a: sh exited with status 9: two" {
		t.Errorf("the error is %v", err)
	}
}

// socketServers are servers of pools on one socket, one after the other.
type socketServers struct {
	t    *testing.T
	addr string

	mu       sync.Mutex
	listener net.Listener
	server   *serve.Server
	dials    int
	conns    sync.WaitGroup
}

// dial starts a server if there is none.
func (s *socketServers) dial(ctx context.Context) (pool.RemoteConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials++
	if s.listener == nil {
		l, err := net.Listen("unix", s.addr)
		if err != nil {
			return nil, err
		}
		server := serve.NewServer(serve.Config{})
		s.listener, s.server = l, server
		s.conns.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				s.conns.Go(func() { _ = server.Serve(conn) })
			}
		})
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", s.addr)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

// end ends the present server, with all that it runs.
func (s *socketServers) end() {
	s.mu.Lock()
	l, server := s.listener, s.server
	s.listener = nil
	s.mu.Unlock()
	if l != nil {
		l.Close()
		_ = server.Close(0)
	}
}

// TestRemoteSocket has a server end in the middle, of which the tasks are to notice
// nothing.
func TestRemoteSocket(t *testing.T) {
	servers := &socketServers{t: t, addr: filepath.Join(t.TempDir(), "socket")}
	k := &pool.Remote{
		Hosts: []pool.RemoteHost{{Name: "server", Dial: servers.dial, Slots: -1}},
		Inner: shell("sh", `if mkdir "$1.once" 2>/dev/null; then echo > "$1"; sleep 1000; fi; echo "$2"`),
		Key:   "k", Uncharged: true,
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	var give []pool.Payload
	for i := range 20 {
		give = append(give, words(fifo, fmt.Sprint(i)))
	}
	var ender sync.WaitGroup
	ender.Go(func() {
		if _, err := os.ReadFile(fifo); err != nil { // when the first task writes to it
			t.Error(err)
		}
		servers.end()
	})
	got, err := runRemote(t, k, pool.Options{Jobs: 4}, 1, give...)
	if err != nil {
		t.Error(err)
	}
	ender.Wait()
	servers.end()
	servers.conns.Wait()
	for i, o := range got {
		if !o.Verdict.OK() || o.out != fmt.Sprintf("%d\n", i) || o.Attempt != 1 || o.Host != "server" {
			t.Errorf("task %d on %s: %v, %q, attempt %d", i+1, o.Host, o.Verdict, o.out, o.Attempt)
		}
	}
	if servers.dials < 2 {
		t.Errorf("%d connections were made", servers.dials)
	}
}

// TestRemoteDial has connections that fail, or that are not wanted any more.
func TestRemoteDial(t *testing.T) {
	k := &pool.Remote{Inner: &pool.Program{}, Hosts: []pool.RemoteHost{{Name: "a", Dial: func(context.Context) (pool.RemoteConn, error) {
		return nil, fs.ErrPermission
	}}}}
	_, err := runAll(t, k, pool.Options{}, 0, words("true"))
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the pool ended with %v", err)
	}
	dialing := make(chan bool)
	k = &pool.Remote{Inner: &pool.Program{}, Hosts: []pool.RemoteHost{{Name: "a", Dial: func(ctx context.Context) (pool.RemoteConn, error) {
		close(dialing)
		<-ctx.Done()
		return nil, ctx.Err()
	}}}}
	p, err := pool.New(k, pool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var r pool.Result
	err = p.Submit(context.Background(), &pool.Task{
		Payload: func(pool.Place) (pool.Payload, error) { return words("true"), nil },
		Done:    func(got pool.Result) { r = got },
	})
	if err != nil {
		t.Fatal(err)
	}
	<-dialing
	p.Stop(0)
	if err := p.Wait(); err != nil || r.Verdict.Kind != crashdetect.Stopped {
		t.Errorf("the pool ended with %v, its task with %v", err, r.Verdict)
	}
}

// TestRemoteHello keeps the version of the player's greeting where it is replaced.
func TestRemoteHello(t *testing.T) {
	b, _ := wire.Append(nil, &wire.Hello{})
	if at := len(wire.Preamble) + 5; b[at] != wire.Version<<1 {
		t.Errorf("the version of %q is not at %d", b, at)
	}
}

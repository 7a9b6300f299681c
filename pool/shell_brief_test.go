package pool

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/peertest"
)

func brief(body string) *Shell { return &Shell{Path: "sh", Body: body, Brief: true} }

// briefTrial is a trial with tasks that run in the worker.
type briefTrial struct{ *trial }

// submitAll has the pool find a task for each word at the same time.
func (r briefTrial) submitAll(words ...string) (all []*told, over []<-chan struct{}) {
	r.pool.call(func() {}) // it is up
	for _, word := range words {
		o, done := &told{}, make(chan struct{})
		r.next++
		err := r.pool.Submit(r.t.Context(), &Task{
			Seq:     r.next,
			Payload: func(Place) (Payload, error) { return Payload{Args: []string{word}, InWorker: true}, nil },
			Output:  o,
			Done: func(res Result) {
				o.Result = res
				close(done)
			},
		})
		if err != nil {
			r.t.Fatalf("submitting task %d: %v", r.next, err)
		}
		all, over = append(all, o), append(over, done)
	}
	return all, over
}

// A task that ends its shell costs the ones sent behind it nothing but the time.
func TestBriefTaskEndsItsShell(t *testing.T) {
	r := briefTrial{newTrial(t, brief(`echo "$1"; case $1 in exit*) exit 7;; kill*) kill -SEGV $$;; esac`), Options{Jobs: 1})}
	var words []string
	for i := range 40 {
		words = append(words, []string{"plain", "exit", "plain", "kill"}[i%4]+fmt.Sprint(i))
	}
	all, over := r.submitAll(words...)
	for i, o := range all {
		<-over[i]
		if o.out.String() != words[i]+"\n" || o.Attempt != 1 {
			t.Errorf("task %d printed %q in attempt %d", o.Seq, o.out.String(), o.Attempt)
		}
		code, sig := 0, syscall.Signal(0)
		switch i % 4 {
		case 1:
			code = 7
		case 3:
			sig = syscall.SIGSEGV
		}
		if o.Verdict.Code != code || o.Verdict.Signal != sig {
			t.Errorf("task %d: %v", o.Seq, o.Verdict)
		}
	}
	r.end()
}

// What the worker has not read when it dies has not begun.
func TestBriefGiveBack(t *testing.T) {
	for name, record := range map[string]string{"short": "record", "long": strings.Repeat("r", 1<<20)} {
		t.Run(name, func(t *testing.T) {
			r := newTrial(t, brief(`echo ${#1}`), Options{Jobs: 1})
			o := r.do("first")
			o.check(t, "5\n")
			if err := unix.Kill(o.Pid, unix.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			awaitStop(t, o.Pid) // until then it may still read
			second, over := r.submit(record)
			for range 2 { // it is sent after the first and before the second of these
				r.pool.call(func() {})
			}
			if err := unix.Kill(o.Pid, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			<-over
			if canTakeBack { // where commands go through a pipe, a long one is half read
				second.check(t, fmt.Sprintln(len(record)))
			}
			r.end()
		})
	}
}

// Its descriptors are its own: the standard error of the shell itself is no task's.
func TestBriefStreams(t *testing.T) {
	big := strings.Repeat("x", 3<<20)
	for _, sh := range []string{"dash", "bash", "zsh"} {
		t.Run(sh, func(t *testing.T) {
			peertest.Path(t, sh)
			kind := brief(`printf '%s\n' "$1" "$1"; printf '%s' "${1#big}" >&2; echo $((1 + 1)) $(echo sub) | { echo piped; }`)
			kind.Path = sh
			r := newTrial(t, kind, Options{Jobs: 2})
			for range 3 {
				for _, word := range []string{"a", "", "it's", "two\nlines\n", "big" + big} {
					o := r.do(word)
					o.check(t, word+"\n"+word+"\npiped\n")
					if o.err.String() != strings.TrimPrefix(word, "big") {
						t.Errorf("%.20q: standard error has %d bytes, %.80q", word, o.err.Len(), o.err.String())
					}
				}
			}
			r.end()
		})
	}
}

// Somebody who writes where only replies may be is found out.
func TestBriefForgedReply(t *testing.T) {
	r := newTrial(t, brief(`[ "$1" != forge ] || echo 1 0 >/proc/$$/fd/1; echo "$1"`), Options{Jobs: 1})
	r.do("a").check(t, "a\n")
	if canTakeBack { // on Linux, where the path leads to it
		if o := r.do("forge"); o.Verdict.Kind != crashdetect.Protocol {
			t.Errorf("forged: %v", o.Verdict)
		}
	}
	r.do("b").check(t, "b\n")
	r.end()
}

// A body that is not brief after all does not get at the commands of its worker.
func TestBriefReads(t *testing.T) {
	r := briefTrial{newTrial(t, brief(`read -r x; echo "<$x>"`), Options{Jobs: 1})}
	all, over := r.submitAll("in", "the", "worker", "and", "ahead")
	for i, o := range all {
		<-over[i]
		o.check(t, "<>\n")
	}
	r.do("in a subshell").check(t, "<>\n")
	r.end()
}

// A file that bash reads first may do anything with descriptors and names.
func TestBriefWithStartupFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("exec 3</dev/null 4>&- 9<&-; echo() { printf 'mine %s\\n' \"$1\"; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kind := &Shell{Path: peertest.Path(t, "bash"), Body: `echo "$1"`, Brief: true}
	r := newTrial(t, kind, Options{Jobs: 1, Env: append(os.Environ(), "BASH_ENV="+file)})
	for range 5 {
		r.do("x").check(t, "mine x\n")
	}
	r.end()
}

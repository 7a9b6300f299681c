package crashdetect_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"xpool/crashdetect"
)

// exited, killed and dumped are wait statuses as every system that we build on encodes them.
func exited(code int) syscall.WaitStatus           { return syscall.WaitStatus(code << 8) }
func killed(sig syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(sig) }
func dumped(sig syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(sig) | 0x80 }

func TestClassify(t *testing.T) {
	type End = crashdetect.End
	notFound := &crashdetect.StartError{Program: "convrt", Err: exec.ErrNotFound, Suggestion: "convert"}
	denied := &crashdetect.StartError{Program: "./x", Err: syscall.EACCES}
	const oom = "kernel OOM killer; peak 7.9 GiB"
	for _, tt := range []struct {
		name   string
		end    End
		kind   crashdetect.Kind
		text   string
		label  string
		told   bool
		status int
	}{
		{"exit 0", End{HasStatus: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"exit 1", End{HasStatus: true, Status: exited(1)}, crashdetect.Exit, "exit 1", "exit 1", false, 123},
		{"exit 126 of its own", End{HasStatus: true, Status: exited(126)}, crashdetect.Exit, "exit 126", "exit 126", false, 123},
		{"exit 254", End{HasStatus: true, Status: exited(254)}, crashdetect.Exit, "exit 254", "exit 254", false, 123},
		{"exit 255", End{HasStatus: true, Status: exited(255)}, crashdetect.Exit, "exit 255", "exit 255", false, 124},
		{"segv", End{HasStatus: true, Status: killed(syscall.SIGSEGV)}, crashdetect.Killed, "killed by SIGSEGV", "SIGSEGV", true, 125},
		{"core", End{HasStatus: true, Status: dumped(syscall.SIGSEGV)}, crashdetect.Killed, "killed by SIGSEGV (core dumped)", "SIGSEGV", true, 125},
		{"kill without evidence", End{HasStatus: true, Status: killed(syscall.SIGKILL)}, crashdetect.Killed, "killed by SIGKILL", "SIGKILL", true, 125},
		{"out of memory", End{HasStatus: true, Status: killed(syscall.SIGKILL), OOM: oom}, crashdetect.OutOfMemory,
			"killed by SIGKILL, out of memory (kernel OOM killer; peak 7.9 GiB)", "out of memory", true, 125},
		{"out of memory of a worker", End{Worker: true, HasStatus: true, Status: killed(syscall.SIGKILL), OOM: oom}, crashdetect.OutOfMemory,
			"killed by SIGKILL, out of memory (kernel OOM killer; peak 7.9 GiB)", "out of memory", true, 125},
		{"evidence, but an exit", End{HasStatus: true, Status: exited(1), OOM: oom}, crashdetect.Exit, "exit 1", "exit 1", false, 123},
		{"evidence, but success", End{HasStatus: true, OOM: oom}, crashdetect.OK, "ok", "ok", false, 0},
		{"evidence under a shell", End{HasStatus: true, Status: exited(137), ShellStatus: true, OOM: oom}, crashdetect.OutOfMemory,
			"exit 137, out of memory (kernel OOM killer; peak 7.9 GiB)", "out of memory", true, 125},
		{"137 without a shell", End{HasStatus: true, Status: exited(137), OOM: oom}, crashdetect.Exit, "exit 137", "exit 137", false, 123},

		{"shell crash", End{HasStatus: true, Status: exited(139), ShellStatus: true}, crashdetect.Exit,
			"exit 139, which a shell gives for a command killed by SIGSEGV", "exit 139", true, 123},
		{"shell crash in a reply", End{Worker: true, Replied: true, ReplyCode: 134, ShellStatus: true}, crashdetect.Exit,
			"exit 134, which a shell gives for a command killed by SIGABRT", "exit 134", true, 123},
		{"139 without a shell", End{HasStatus: true, Status: exited(139)}, crashdetect.Exit, "exit 139", "exit 139", false, 123},
		{"shell interrupted", End{HasStatus: true, Status: exited(130), ShellStatus: true}, crashdetect.Exit, "exit 130", "exit 130", false, 123},
		{"shell exit 128", End{HasStatus: true, Status: exited(128), ShellStatus: true}, crashdetect.Exit, "exit 128", "exit 128", false, 123},

		{"timeout", End{TimedOut: true, Signalled: true, Limit: 30 * time.Second, HasStatus: true, Status: killed(syscall.SIGTERM)},
			crashdetect.TimedOut, "timed out after 30s, killed", "timed out", true, 125},
		{"timeout, exit on TERM", End{TimedOut: true, Signalled: true, Limit: time.Minute, HasStatus: true},
			crashdetect.TimedOut, "timed out after 1m, exit 0", "timed out", true, 125},
		{"timeout, crash on TERM", End{TimedOut: true, Signalled: true, Limit: 1500 * time.Millisecond, HasStatus: true, Status: killed(syscall.SIGSEGV)},
			crashdetect.TimedOut, "timed out after 1.5s, killed by SIGSEGV", "timed out", true, 125},
		{"timeout, end not seen", End{TimedOut: true, Signalled: true, Limit: time.Hour}, crashdetect.TimedOut, "timed out after 1h", "timed out", true, 125},
		{"timeout, limit unknown", End{TimedOut: true}, crashdetect.TimedOut, "timed out", "timed out", true, 125},
		{"timeout, odd limit", End{TimedOut: true, Limit: 100*time.Minute + 1234567890}, crashdetect.TimedOut, "timed out after 1h40m1.235s", "timed out", true, 125},
		{"timeout beats the evidence", End{TimedOut: true, Signalled: true, Limit: time.Second, HasStatus: true, Status: killed(syscall.SIGKILL), OOM: oom},
			crashdetect.TimedOut, "timed out after 1s, killed", "timed out", true, 125},
		{"timeout beats the torn reply", End{TimedOut: true, Signalled: true, Limit: time.Second, Worker: true, HasStatus: true, Status: killed(syscall.SIGKILL), Protocol: "half"},
			crashdetect.TimedOut, "timed out after 1s, killed", "timed out", true, 125},
		{"timeout, then a reply", End{TimedOut: true, Signalled: true, Limit: time.Second, Worker: true, Replied: true, ReplyCode: 143},
			crashdetect.TimedOut, "timed out after 1s, exit 143", "timed out", true, 125},
		{"deadline raced with success", End{TimedOut: true, Limit: time.Second, HasStatus: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"deadline raced with failure", End{TimedOut: true, Limit: time.Second, HasStatus: true, Status: exited(3)}, crashdetect.Exit, "exit 3", "exit 3", false, 123},
		{"deadline raced with a reply", End{TimedOut: true, Limit: time.Second, Worker: true, Replied: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"signalled for no reason", End{Signalled: true, HasStatus: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"stall", End{Stalled: true, Signalled: true, Limit: 10 * time.Second, HasStatus: true, Status: killed(syscall.SIGKILL)},
			crashdetect.Stalled, "stalled: no output for 10s, killed", "stalled", true, 125},
		{"stopped", End{Stopped: true, Signalled: true, HasStatus: true, Status: killed(syscall.SIGTERM)}, crashdetect.Stopped, "stopped, killed", "stopped", false, 125},
		{"stopped before it began", End{Stopped: true}, crashdetect.Stopped, "stopped", "stopped", false, 125},

		{"reply", End{Worker: true, Replied: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"reply 3", End{Worker: true, Replied: true, ReplyCode: 3}, crashdetect.Exit, "exit 3", "exit 3", false, 123},
		{"reply, then death", End{Worker: true, Replied: true, HasStatus: true, Status: dumped(syscall.SIGSEGV)}, crashdetect.OK, "ok", "ok", false, 0},
		{"reply, then garbage", End{Worker: true, Replied: true, Protocol: "junk"}, crashdetect.OK, "ok", "ok", false, 0},
		{"reply, then a lost line", End{Worker: true, Replied: true, ConnectionLost: "reset"}, crashdetect.OK, "ok", "ok", false, 0},
		{"worker left", End{Worker: true, HasStatus: true, Status: exited(42)}, crashdetect.Exit, "worker left without replying (exit 42)", "worker left", true, 125},
		{"worker left well", End{Worker: true, HasStatus: true}, crashdetect.Exit, "worker left without replying (exit 0)", "worker left", true, 125},
		{"worker left, shell", End{Worker: true, HasStatus: true, Status: exited(139), ShellStatus: true}, crashdetect.Exit, "worker left without replying (exit 139)", "worker left", true, 125},
		{"worker killed", End{Worker: true, HasStatus: true, Status: killed(syscall.SIGKILL)}, crashdetect.Killed,
			"worker left without replying (killed by SIGKILL)", "SIGKILL", true, 125},
		{"worker dumped", End{Worker: true, HasStatus: true, Status: dumped(syscall.SIGABRT)}, crashdetect.Killed,
			"worker left without replying (killed by SIGABRT, core dumped)", "SIGABRT", true, 125},
		{"garbage", End{Worker: true, Protocol: "\"Loading\nmodel\"", HasStatus: true, Status: killed(syscall.SIGKILL)}, crashdetect.Protocol,
			"worker broke the protocol: \"Loading model\"", "broke the protocol", true, 125},
		{"garbage in json", End{Worker: true, Protocol: "\"Loading model...\" is not a response", ProtocolName: "json"}, crashdetect.Protocol,
			"worker broke the json protocol: \"Loading model...\" is not a response", "broke the protocol", true, 125},
		{"lost", End{Worker: true, ConnectionLost: "node7: broken pipe", Protocol: "half"}, crashdetect.Lost, "lost connection: node7: broken pipe", "lost connection", true, 125},
		{"nothing seen", End{}, crashdetect.Lost, "lost connection: its end was not seen", "lost connection", true, 125},

		{"not found", End{StartErr: notFound}, crashdetect.NotStarted, "cannot run 'convrt': not found in PATH (did you mean 'convert'?)", "could not start", true, 127},
		{"denied", End{StartErr: fmt.Errorf("slot 1: %w", denied)}, crashdetect.NotStarted, "slot 1: cannot run './x': permission denied", "could not start", true, 126},
		{"bad record", End{StartErr: errors.New("record 7 contains a NUL"), Stopped: true}, crashdetect.NotStarted, "record 7 contains a NUL", "could not start", true, 126},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := crashdetect.Classify(tt.end)
			if v.Kind != tt.kind || v.String() != tt.text {
				t.Errorf("%v %q, want %v %q", v.Kind, v, tt.kind, tt.text)
			}
			if v.Label() != tt.label || v.Told() != tt.told || v.ExitStatus() != tt.status {
				t.Errorf("label %q, told %t, status %d; want %q, %t, %d", v.Label(), v.Told(), v.ExitStatus(), tt.label, tt.told, tt.status)
			}
			if v.OK() != (v == crashdetect.Verdict{}) {
				t.Errorf("%+v: OK must be the zero Verdict and nothing else", v)
			}
		})
	}
}

// TestVerdictsAreOneLine holds the sentence and the status of every kind to what messages and scripts need.
func TestVerdictsAreOneLine(t *testing.T) {
	for kind := crashdetect.OK; kind <= crashdetect.Stopped; kind++ {
		v := crashdetect.Verdict{Kind: kind}
		for _, s := range []string{v.String(), v.Label(), kind.String()} {
			if s == "" || strings.HasPrefix(s, "kind ") || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("kind %d is called %q", kind, s)
			}
		}
		if got := v.ExitStatus(); (got == 0) != v.OK() {
			t.Errorf("%v has exit status %d", kind, got)
		}
	}
	if got := crashdetect.Kind(200).String(); got != "kind 200" {
		t.Errorf("unknown kind is called %q", got)
	}
}

// FuzzClassify looks for an end whose sentence breaks a message in two or denies that a signal was there.
func FuzzClassify(f *testing.F) {
	f.Add(uint32(11), true, true, uint8(0), int64(0), "", "", "", 0)
	f.Add(uint32(9), true, true, uint8(7), int64(3e9), "a\nb", "", "oom", 137)
	f.Fuzz(func(t *testing.T, status uint32, has, worker bool, flags uint8, limit int64, protocol, lost, oom string, reply int) {
		v := crashdetect.Classify(crashdetect.End{
			Status: syscall.WaitStatus(status), HasStatus: has, Worker: worker, Limit: time.Duration(limit),
			TimedOut: flags&1 != 0, Stalled: flags&2 != 0, Stopped: flags&4 != 0, Signalled: flags&8 != 0,
			Replied: flags&16 != 0, ShellStatus: flags&32 != 0, ReplyCode: reply,
			Protocol: protocol, ConnectionLost: lost, OOM: oom,
		})
		if strings.ContainsFunc(v.String(), unicode.IsControl) {
			t.Errorf("%q has control characters", v.String())
		}
		if s := v.ExitStatus(); s != 0 && (s < 123 || s > 127) || (s == 0) != v.OK() {
			t.Errorf("%+v has exit status %d", v, s)
		}
		if v.Label() == "" {
			t.Errorf("%+v has no label", v)
		}
	})
}

func TestSignalName(t *testing.T) {
	for sig, want := range map[syscall.Signal]string{
		syscall.SIGSEGV: "SIGSEGV",
		syscall.SIGKILL: "SIGKILL",
		0:               "signal 0",
		-1:              "signal -1",
		200:             "signal 200",
	} {
		if got := crashdetect.SignalName(sig); got != want {
			t.Errorf("SignalName(%d) = %q, want %q", int(sig), got, want)
		}
	}
}

func ExampleClassify() {
	status := syscall.WaitStatus(syscall.SIGSEGV) | 0x80 // as wait(2) gives it
	crash := crashdetect.Classify(crashdetect.End{HasStatus: true, Status: status})
	slow := crashdetect.Classify(crashdetect.End{
		TimedOut: true, Limit: 30 * time.Second, Signalled: true,
		HasStatus: true, Status: syscall.WaitStatus(syscall.SIGTERM),
	})
	fmt.Println(crash)
	fmt.Println(slow)
	fmt.Println(crash.Label(), crash.ExitStatus())
	// Output:
	// killed by SIGSEGV (core dumped)
	// timed out after 30s, killed
	// SIGSEGV 125
}

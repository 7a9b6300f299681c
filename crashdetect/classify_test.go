package crashdetect_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"xpool/crashdetect"
)

// exited, killed and dumped are wait statuses as every system that we build on encodes them.
func exited(code int) syscall.WaitStatus           { return syscall.WaitStatus(code << 8) }
func killed(sig syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(sig) }
func dumped(sig syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(sig) | 0x80 }

type End = crashdetect.End

// What the kernel is said to have found out about a kill.
const oom, peak = "kernel OOM killer", 79 << 30 / 10

// classifyCase is an end, and what is to be said of it.
type classifyCase struct {
	name   string
	end    End
	kind   crashdetect.Kind
	text   string
	label  string
	told   bool
	status int
}

func classifyAll(t *testing.T, tests []classifyCase) {
	t.Helper()
	for _, tt := range tests {
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

func TestClassifyExitsAndSignals(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"exit 0", End{HasStatus: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"exit 1", End{HasStatus: true, Status: exited(1)}, crashdetect.Exit, "exit 1", "exit 1", false, 123},
		{"exit 126 of its own", End{HasStatus: true, Status: exited(126)}, crashdetect.Exit, "exit 126", "exit 126", false, 123},
		{"exit 254", End{HasStatus: true, Status: exited(254)}, crashdetect.Exit, "exit 254", "exit 254", false, 123},
		{"exit 255", End{HasStatus: true, Status: exited(255)}, crashdetect.Exit, "exit 255", "exit 255", false, 124},
		{"segv", End{HasStatus: true, Status: killed(syscall.SIGSEGV)}, crashdetect.Killed, "killed by SIGSEGV", "SIGSEGV", true, 125},
		{"core", End{HasStatus: true, Status: dumped(syscall.SIGSEGV)}, crashdetect.Killed, "killed by SIGSEGV (core dumped)", "SIGSEGV", true, 125},
		{"kill without evidence", End{HasStatus: true, Status: killed(syscall.SIGKILL)}, crashdetect.Killed, "killed by SIGKILL", "SIGKILL", true, 125},
	})
}

func TestClassifyOutOfMemory(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"out of memory", End{HasStatus: true, Status: killed(syscall.SIGKILL), OOM: oom, Peak: peak}, crashdetect.OutOfMemory,
			"killed by SIGKILL, out of memory (kernel OOM killer; peak 7.9 GiB)", "out of memory", true, 125},
		{"out of memory of a worker", End{Worker: true, HasStatus: true, Status: killed(syscall.SIGKILL), OOM: oom, Peak: peak}, crashdetect.OutOfMemory,
			"killed by SIGKILL, out of memory (kernel OOM killer; peak 7.9 GiB)", "out of memory", true, 125},
		{"out of memory, peak unknown", End{HasStatus: true, Status: killed(syscall.SIGKILL), OOM: "cgroup memory limit"}, crashdetect.OutOfMemory,
			"killed by SIGKILL, out of memory (cgroup memory limit)", "out of memory", true, 125},
		{"a peak is no evidence", End{HasStatus: true, Status: killed(syscall.SIGKILL), Peak: peak}, crashdetect.Killed, "killed by SIGKILL", "SIGKILL", true, 125},
		{"evidence, but an exit", End{HasStatus: true, Status: exited(1), OOM: oom, Peak: peak}, crashdetect.Exit, "exit 1", "exit 1", false, 123},
		{"evidence, but success", End{HasStatus: true, OOM: oom, Peak: peak}, crashdetect.OK, "ok", "ok", false, 0},
		{"evidence under a shell", End{HasStatus: true, Status: exited(137), ShellStatus: true, OOM: oom, Peak: peak}, crashdetect.OutOfMemory,
			"exit 137, out of memory (kernel OOM killer; peak 7.9 GiB)", "out of memory", true, 125},
		{"137 without a shell", End{HasStatus: true, Status: exited(137), OOM: oom, Peak: peak}, crashdetect.Exit, "exit 137", "exit 137", false, 123},
	})
}

func TestClassifyShellStatus(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"shell crash", End{HasStatus: true, Status: exited(139), ShellStatus: true}, crashdetect.Exit,
			"exit 139, which a shell gives for a command killed by SIGSEGV", "exit 139", true, 123},
		{"shell crash in a reply", End{Worker: true, Replied: true, ReplyCode: 134, ShellStatus: true}, crashdetect.Exit,
			"exit 134, which a shell gives for a command killed by SIGABRT", "exit 134", true, 123},
		{"139 without a shell", End{HasStatus: true, Status: exited(139)}, crashdetect.Exit, "exit 139", "exit 139", false, 123},
		{"shell interrupted", End{HasStatus: true, Status: exited(130), ShellStatus: true}, crashdetect.Exit, "exit 130", "exit 130", false, 123},
		{"shell exit 128", End{HasStatus: true, Status: exited(128), ShellStatus: true}, crashdetect.Exit, "exit 128", "exit 128", false, 123},
	})
}

func TestClassifyTimeout(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"timeout", End{TimedOut: true, Signalled: true, Limit: 30 * time.Second, HasStatus: true, Status: killed(syscall.SIGTERM)},
			crashdetect.TimedOut, "timed out after 30s, killed", "timed out", true, 125},
		{"timeout, exit on TERM", End{TimedOut: true, Signalled: true, Limit: time.Minute, HasStatus: true},
			crashdetect.TimedOut, "timed out after 1m, exit 0", "timed out", true, 125},
		{"timeout, crash on TERM", End{TimedOut: true, Signalled: true, Limit: 1500 * time.Millisecond, HasStatus: true, Status: killed(syscall.SIGSEGV)},
			crashdetect.TimedOut, "timed out after 1.5s, killed by SIGSEGV", "timed out", true, 125},
		{"timeout, end not seen", End{TimedOut: true, Signalled: true, Limit: time.Hour}, crashdetect.TimedOut, "timed out after 1h", "timed out", true, 125},
		{"timeout, limit unknown", End{TimedOut: true}, crashdetect.TimedOut, "timed out", "timed out", true, 125},
		{"timeout, odd limit", End{TimedOut: true, Limit: 100*time.Minute + 1234567890}, crashdetect.TimedOut, "timed out after 1h40m1.235s", "timed out", true, 125},
		{"timeout beats the evidence", End{TimedOut: true, Signalled: true, Limit: time.Second, HasStatus: true, Status: killed(syscall.SIGKILL), OOM: oom, Peak: peak},
			crashdetect.TimedOut, "timed out after 1s, killed", "timed out", true, 125},
		{"timeout beats the torn reply", End{TimedOut: true, Signalled: true, Limit: time.Second, Worker: true, HasStatus: true, Status: killed(syscall.SIGKILL), Protocol: "half"},
			crashdetect.TimedOut, "timed out after 1s, killed", "timed out", true, 125},
		{"timeout, then a reply", End{TimedOut: true, Signalled: true, Limit: time.Second, Worker: true, Replied: true, ReplyCode: 143},
			crashdetect.TimedOut, "timed out after 1s, exit 143", "timed out", true, 125},
		{"deadline raced with success", End{TimedOut: true, Limit: time.Second, HasStatus: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"deadline raced with failure", End{TimedOut: true, Limit: time.Second, HasStatus: true, Status: exited(3)}, crashdetect.Exit, "exit 3", "exit 3", false, 123},
		{"deadline raced with a reply", End{TimedOut: true, Limit: time.Second, Worker: true, Replied: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"signalled for no reason", End{Signalled: true, HasStatus: true}, crashdetect.OK, "ok", "ok", false, 0},
	})
}

func TestClassifyStall(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"stall", End{Stalled: true, Signalled: true, Limit: 10 * time.Second, HasStatus: true, Status: killed(syscall.SIGKILL)},
			crashdetect.Stalled, "no output for 10s, killed", "stalled", true, 125},
		{"stall, exit on TERM", End{Stalled: true, Signalled: true, Limit: 90 * time.Second, HasStatus: true, Status: exited(143)},
			crashdetect.Stalled, "no output for 1m30s, exit 143", "stalled", true, 125},
		{"stall, limit unknown", End{Stalled: true, Signalled: true, HasStatus: true, Status: killed(syscall.SIGTERM)},
			crashdetect.Stalled, "stalled, killed", "stalled", true, 125},
		{"stall beats the torn reply", End{Stalled: true, Signalled: true, Limit: time.Second, Worker: true, Protocol: "half"},
			crashdetect.Stalled, "no output for 1s", "stalled", true, 125},
	})
}

func TestClassifyMemoryLimit(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"memory limit", End{OverMemory: true, Signalled: true, Used: 12 << 30 / 10, MemoryLimit: 1 << 30, HasStatus: true, Status: killed(syscall.SIGKILL)},
			crashdetect.OverMemory, "used 1.2 GiB, over its limit of 1.0 GiB, killed", "memory limit", true, 125},
		{"memory limit, hardly over", End{OverMemory: true, Signalled: true, Used: 1<<30 + 5<<20, MemoryLimit: 1 << 30, HasStatus: true, Status: killed(syscall.SIGTERM)},
			crashdetect.OverMemory, "used 1.005 GiB, over its limit of 1.000 GiB, killed", "memory limit", true, 125},
		{"memory limit, exit on TERM", End{OverMemory: true, Signalled: true, Used: 1 << 20, MemoryLimit: 600, HasStatus: true, Status: exited(1)},
			crashdetect.OverMemory, "used 1.0 MiB, over its limit of 600 B, exit 1", "memory limit", true, 125},
		{"memory limit, amounts unknown", End{OverMemory: true, Signalled: true, MemoryLimit: 600}, crashdetect.OverMemory, "over its memory limit", "memory limit", true, 125},
		{"memory limit of a worker", End{OverMemory: true, Signalled: true, Used: 2048, MemoryLimit: 1024, Worker: true, HasStatus: true, Status: killed(syscall.SIGKILL)},
			crashdetect.OverMemory, "used 2.0 KiB, over its limit of 1.0 KiB, killed", "memory limit", true, 125},
		{"memory limit beats the evidence", End{OverMemory: true, Signalled: true, Used: 2048, MemoryLimit: 1024, HasStatus: true, Status: killed(syscall.SIGKILL), OOM: oom, Peak: peak},
			crashdetect.OverMemory, "used 2.0 KiB, over its limit of 1.0 KiB, killed", "memory limit", true, 125},
		{"memory limit raced with success", End{OverMemory: true, Used: 2048, MemoryLimit: 1024, HasStatus: true}, crashdetect.OK, "ok", "ok", false, 0},
	})
}

func TestClassifyStopped(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"stopped", End{Stopped: true, Signalled: true, HasStatus: true, Status: killed(syscall.SIGTERM)}, crashdetect.Stopped, "stopped, killed", "stopped", false, 125},
		{"stopped before it began", End{Stopped: true}, crashdetect.Stopped, "stopped", "stopped", false, 125},
	})
}

func TestClassifyWorker(t *testing.T) {
	classifyAll(t, []classifyCase{
		{"reply", End{Worker: true, Replied: true}, crashdetect.OK, "ok", "ok", false, 0},
		{"reply 3", End{Worker: true, Replied: true, ReplyCode: 3}, crashdetect.Exit, "exit 3", "exit 3", false, 123},
		{"reply, then death", End{Worker: true, Replied: true, HasStatus: true, Status: dumped(syscall.SIGSEGV)}, crashdetect.OK, "ok", "ok", false, 0},
		{"reply, then garbage", End{Worker: true, Replied: true, Protocol: "junk"}, crashdetect.OK, "ok", "ok", false, 0},
		{"reply, then a lost line", End{Worker: true, Replied: true, ConnectionLost: "reset"}, crashdetect.OK, "ok", "ok", false, 0},
		{"worker exited", End{Worker: true, HasStatus: true, Status: exited(42)}, crashdetect.Exit, "worker exited with status 42", "worker exited", true, 125},
		{"worker exited well", End{Worker: true, HasStatus: true}, crashdetect.Exit, "worker exited with status 0 before it replied", "worker exited", true, 125},
		{"worker exited, shell", End{Worker: true, HasStatus: true, Status: exited(139), ShellStatus: true}, crashdetect.Exit, "worker exited with status 139", "worker exited", true, 125},
		{"worker killed", End{Worker: true, HasStatus: true, Status: killed(syscall.SIGKILL)}, crashdetect.Killed,
			"worker killed by SIGKILL", "SIGKILL", true, 125},
		{"worker dumped", End{Worker: true, HasStatus: true, Status: dumped(syscall.SIGABRT)}, crashdetect.Killed,
			"worker killed by SIGABRT (core dumped)", "SIGABRT", true, 125},
		{"garbage", End{Worker: true, Protocol: "\"Loading\nmodel\"", HasStatus: true, Status: killed(syscall.SIGKILL)}, crashdetect.Protocol,
			"worker broke the protocol: \"Loading model\"", "protocol", true, 125},
		{"garbage in json", End{Worker: true, Protocol: crashdetect.NotAResponse([]byte("Loading model...\n")), ProtocolName: "json"}, crashdetect.Protocol,
			"worker broke the json protocol: \"Loading model...\" is not a response (does it print to standard output?)", "protocol", true, 125},
		{"lost", End{Worker: true, ConnectionLost: "node7: broken pipe", Protocol: "half"}, crashdetect.Lost, "lost connection: node7: broken pipe", "lost connection", true, 125},
		{"nothing seen", End{}, crashdetect.Lost, "lost connection: its end was not seen", "lost connection", true, 125},
	})
}

func TestClassifyNotStarted(t *testing.T) {
	notFound := &crashdetect.StartError{Program: "convrt", Err: exec.ErrNotFound, Suggestion: "convert"}
	denied := &crashdetect.StartError{Program: "./x", Err: syscall.EACCES}
	classifyAll(t, []classifyCase{
		{"not found", End{StartErr: notFound}, crashdetect.NotStarted, "cannot run 'convrt': not found in PATH (did you mean 'convert'?)", "could not start", true, 127},
		{"denied", End{StartErr: fmt.Errorf("slot 1: %w", denied)}, crashdetect.NotStarted, "slot 1: cannot run './x': permission denied", "could not start", true, 126},
		{"bad record", End{StartErr: errors.New("record 7 contains a NUL"), Stopped: true}, crashdetect.NotStarted, "record 7 contains a NUL", "could not start", true, 126},
	})
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
	f.Add(uint32(9), true, false, uint8(72), int64(math.MaxInt64), "", "", "oom", 0)
	f.Fuzz(func(t *testing.T, status uint32, has, worker bool, flags uint8, limit int64, protocol, lost, oom string, reply int) {
		v := crashdetect.Classify(crashdetect.End{
			Status: syscall.WaitStatus(status), HasStatus: has, Worker: worker, Limit: time.Duration(limit),
			TimedOut: flags&1 != 0, Stalled: flags&2 != 0, Stopped: flags&4 != 0, Signalled: flags&8 != 0,
			Replied: flags&16 != 0, ShellStatus: flags&32 != 0, ReplyCode: reply,
			OverMemory: flags&64 != 0, Used: limit, MemoryLimit: limit / 2, Peak: limit,
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

func TestNotAResponse(t *testing.T) {
	const tail = " is not a response (does it print to standard output?)"
	long := strings.Repeat("x", 59)
	for wrote, want := range map[string]string{
		"Loading model...\r\n":    `"Loading model..."`,
		"":                        `""`,
		"\x1b[1m{\n}":             `"\x1b[1m{\n}"`,
		long + "y":                `"` + long + `y"`,
		long + "yz":               `"` + long + `y"...`,
		long + "\u20ac and on":    `"` + long + `"...`,      // a character of three bytes, the last two of which are too much
		long + "\x80\x80\x80\x80": `"` + long[:58] + `"...`, // bytes that belong to no character: up to three are taken for the rest of one
	} {
		if got := crashdetect.NotAResponse([]byte(wrote)); got != want+tail {
			t.Errorf("%q gives\n%s, want\n%s", wrote, got, want+tail)
		}
	}
}

func FuzzNotAResponse(f *testing.F) {
	f.Add([]byte("Loading model...\n"))
	f.Add(bytes.Repeat([]byte{0x80}, 100))
	f.Fuzz(func(t *testing.T, wrote []byte) {
		got := crashdetect.NotAResponse(wrote)
		if len(got) > 500 || strings.ContainsFunc(got, unicode.IsControl) || !utf8.ValidString(got) {
			t.Errorf("%q gives %q", wrote, got)
		}
	})
}

// TestSizes holds the amounts to what a person reads at a glance, around the steps between the units.
func TestSizes(t *testing.T) {
	for peak, want := range map[int64]string{
		-1: "", 0: "", 1: "1 B", 1023: "1023 B", 1024: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 1<<20 - 60: "1023.9 KiB",
		79 << 30 / 10: "7.9 GiB", 3 << 40: "3.0 TiB", math.MaxInt64: "8.0 EiB",
	} {
		v := crashdetect.Verdict{Kind: crashdetect.OutOfMemory, Signal: syscall.SIGKILL, Memory: peak}
		wanted := "killed by SIGKILL, out of memory"
		if want != "" {
			wanted += " (peak " + want + ")"
		}
		if v.String() != wanted {
			t.Errorf("%d gives %q, want %q", peak, v, wanted)
		}
	}
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

package pack

import (
	"io"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"xpool/pool/peertest"
	"xpool/runner/input"
)

func TestArgMaxFor(t *testing.T) {
	for stack, want := range map[uint64]int{
		0:                   128 << 10,
		512 << 10:           128 << 10,
		8 << 20:             2 << 20,
		24 << 20:            6 << 20,
		64 << 20:            6 << 20,
		unix.RLIM_INFINITY:  6 << 20,
		8<<20 + 4096 + 1234: 2<<20 + 1024 + 308,
	} {
		if got := argMaxFor(stack); got != want {
			t.Errorf("stack %d: %d, want %d", stack, got, want)
		}
	}
}

func TestShowLimitsAsXargs(t *testing.T) {
	xargs := peertest.GNUXargs(t)
	var stack unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_STACK, &stack); err != nil {
		t.Fatal(err)
	}
	if stack.Cur > 24<<20 {
		t.Skip("old C libraries do not know the kernel's upper bound")
	}
	for _, env := range [][]string{{}, {"A="}, {"A=b", "LONG=" + strings.Repeat("x", 100_000)}} {
		for chars, opt := range map[int]string{0: "-r", 100: "-s100", 1 << 20: "-s1048576"} {
			_, want := peertest.RunXargs(t, xargs, env, "", "-r", "--show-limits", opt)
			sys, err := SystemLimits(env)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			err = ShowLimits(&b, sys, sys.Limits(Limits{MaxChars: chars}).MaxChars)
			if err != nil || b.String() != want {
				t.Errorf("environment of %d variables, %s: %v\n%s\nxargs:\n%s", len(env), opt, err, b.String(), want)
			}
		}
	}
}

// The kernel takes the largest commands that the limits let through, and the limits leave little unused.
func TestKernelTakesLargestCommands(t *testing.T) {
	program := peertest.Path(t, "true")
	env := []string{"A=b", "B=" + strings.Repeat("x", 1000)}
	sys, err := SystemLimits(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 1, 7, 100, sys.MaxString} {
		lim := sys.Limits(Limits{MaxChars: sys.MaxChars})
		src := &endless{records: []input.Record{{Text: strings.Repeat("x", length)}}}
		args, err := New(src, []string{"true"}, lim).Next()
		if err != nil {
			t.Fatalf("strings of %d: %v", length, err)
		}
		cmd := exec.Cmd{Path: program, Args: args, Env: env, Dir: t.TempDir()}
		if err := cmd.Run(); err != nil {
			t.Errorf("%d strings of %d: %v", len(args), length, err)
		}
		cmd = exec.Cmd{Path: program, Args: append(args, make([]string, 2+16<<10/(length+9))...), Env: env, Dir: t.TempDir()}
		for i := len(args); i < len(cmd.Args); i++ {
			cmd.Args[i] = strings.Repeat("x", length)
		}
		if cmd.Run() == nil {
			t.Errorf("%d strings of %d run too", len(cmd.Args), length)
		}
	}
	p := New(&script{records: []input.Record{{Text: strings.Repeat("x", sys.MaxString+1)}}, err: io.EOF},
		[]string{"true"}, sys.Limits(Limits{MaxChars: sys.MaxChars}))
	if got := shown(t, p); got != string(KernelRefuses) {
		t.Errorf("%q, want %q", got, KernelRefuses)
	}
}

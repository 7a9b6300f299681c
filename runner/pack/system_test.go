package pack

import (
	"strings"
	"testing"
)

func TestSystem(t *testing.T) {
	env := []string{"A=b", "PATH=/bin"}
	s, err := system(env, 1<<20, 1000)
	want := System{Environment: 14, MaxChars: 1<<20 - 14 - 2048, MaxString: 1000, KernelSize: 1<<20 - 14 - 4*PointerSize - 6144}
	if err != nil || s != want {
		t.Errorf("%+v, %v; want %+v", s, err, want)
	}
	if got := s.Limits(Limits{MaxArgs: 7}); got != (Limits{MaxArgs: 7, MaxChars: 128 << 10, MaxString: 1000, KernelSize: s.KernelSize}) {
		t.Errorf("default limits %+v", got)
	}
	for chars, want := range map[int]int{100: 100, 1 << 20: s.MaxChars, -5: 128 << 10} {
		if got := s.Limits(Limits{MaxChars: chars}).MaxChars; got != want {
			t.Errorf("MaxChars %d becomes %d, want %d", chars, got, want)
		}
	}
	if small, err := system(env, 4096+14, 0); err != nil || small.Limits(Limits{}).MaxChars != 2048 {
		t.Errorf("%+v, %v; want just enough room", small, err)
	}
	if _, err := system(env, 4096+13, 0); err != EnvironmentTooLarge {
		t.Errorf("error %v, want %v", err, EnvironmentTooLarge)
	}
}

func TestShowNotice(t *testing.T) {
	const notice = "\nExecution of xargs will continue now, and it will try to read its input and run commands; " +
		"if this is not what you wanted to happen, please type the end-of-file keystroke.\n"
	for runsOnce, want := range map[bool]string{
		false: notice,
		true: notice + "Warning: echo will be run at least once.  " +
			"If you do not want that to happen, then press the interrupt keystroke.\n",
	} {
		var b strings.Builder
		if err := ShowNotice(&b, "echo", runsOnce); err != nil || b.String() != want {
			t.Errorf("%v: %q, %v; want %q", runsOnce, b.String(), err, want)
		}
	}
}

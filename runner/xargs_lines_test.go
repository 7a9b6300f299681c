package runner_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// TestXargsLines gives lines of shell to GNU xargs and to this program, for what
// random calls do not come to: limits, streams, slots, large inputs, and what once
// was different. In a line "$@" is the program.
func TestXargsLines(t *testing.T) {
	o := newOracle(t)
	dir := o.stage(t)
	for _, line := range oracleLines() {
		theirs := o.line(t, dir, line, o.xargs)
		ours := o.line(t, dir, line, o.xpool, "--as", "xargs")
		if theirs != ours {
			t.Errorf("%s\nxargs: %s\nxpool: %s", line, theirs, ours)
		}
	}
}

// line runs a line of shell.
func (o *oracle) line(t *testing.T, dir, line string, program ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", line, "sh"}, program...)...)
	cmd.Env, cmd.Dir = o.env, dir
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		t.Errorf("%s: %v %v", line, err, ctx.Err())
		return answer{}
	}
	text := strings.ReplaceAll(said.String(), o.xargs, "xargs")
	return plainly(answer{out.String(), text, cmd.ProcessState.ExitCode()})
}

func oracleLines() []string {
	return []string{
		// Limits.
		`"$@" --show-limits </dev/null`,
		`"$@" -r --show-limits -s 5000 </dev/null`,
		`"$@" -s 1 --show-limits </dev/null`,
		`ulimit -s 256; "$@" -r --show-limits </dev/null`,
		`ulimit -s 1000000; "$@" -r --show-limits </dev/null`,
		`XPOOL_DEPTH=3 "$@" -r --show-limits </dev/null`,
		`seq 100000 | "$@" -s 99999999 echo`,
		`head -c 200000 /dev/zero | tr '\0' a | "$@"`,
		`head -c 200000 /dev/zero | tr '\0' a | "$@" -0`,
		`seq 1000000 | "$@"`,

		// Streams.
		`echo a | "$@" readlink /proc/self/fd/0`,
		`echo a >in; "$@" -a in cat <plain`,
		`echo a | "$@" -a - echo`,
		`echo a | "$@" -a /dev/stdin echo`,
		`"$@" -a nowhere echo`,
		`"$@" -a 'a\b' echo`,
		`seq 3 | "$@" echo >/dev/full`,
		`yes | head -100 | "$@" -n1 true`,
		`echo a | "$@" sh -c 'ls /proc/self/fd | wc -l'`,

		// Slots.
		`seq 6 | "$@" -n1 --process-slot-var=SLOT sh -c 'echo $SLOT $0'`,
		`seq 2 | SLOT=7 "$@" -n1 --process-slot-var=SLOT sh -c 'echo $SLOT $0'`,
		`seq 50 | "$@" -P0 -n1 echo | sort`,

		// How the last command ends, and the one before others.
		`printf 'Z\nQ\n' | "$@" -n1 ./judge`,
		`printf 'Z\nQ\na\n' | "$@" -n1 ./judge`,
		`printf 'Z\nK\n' | "$@" -I{} ./judge {}`,
		`printf 'Q\na\n' | "$@" -n1 ./judge`,
		`printf "Z\n'" | "$@" -n1 ./judge`,
		`printf "Q\n'" | "$@" -n1 ./judge`,

		// Programs that cannot be run.
		`echo a | "$@" ./lost`,
		`echo a | "$@" ./dir`,
		`echo a | "$@" ./plain`,
		`echo a | "$@" ./bare`,
		`echo a b c | "$@" -n1 -P3 ./nowhere`,
		`echo a | PATH= "$@" ls`,

		// Strings to replace.
		`echo echo | "$@" -I{} {} x`,
		`printf 'a b\nc\n' | "$@" -I '' echo`,
		`printf 'a b\nc\n' | "$@" -I '' echo '' ''`,
		`printf 'a b\nc\n' | "$@" -I '' echo '' x`,
		`printf '"a '"'b'"' c" d\n' | "$@" -I{} echo '{}-{}'`,
		`seq 3 | "$@" -n2 -I{} echo {}`,
		`seq 3 | "$@" -I{} -n1 echo {}`,
		`printf '' | "$@" -I{} echo {}`,

		// The end of the input.
		`printf 'a\0b' | "$@" -E x -E '' -0 echo`,
		`printf 'a\0b' | "$@" -e -E x -0 echo`,

		// Where options end.
		`echo a | "$@" -- echo -- b`,
		`echo a | "$@" - b`,
		`echo a | POSIXLY_CORRECT=1 "$@" -n1 echo -t a`,
	}
}

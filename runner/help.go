package runner

import (
	"runtime"
	"runtime/debug"
)

// version is the version of this source; a release says so itself.
const version = "0.1.0-dev"

// helpText is what --help shows. A test keeps it in step with the flags.
const helpText = `xpool: xargs with a real process pool

Usage:
  xpool [options] program [args...]          run a program for each record
  xpool [options] 'shell script with {}'     run a script in shells that stay
  xpool [options]                            run each record as a command line
  xpool ... ::: a b c                        records from the arguments

A record is a line of standard input. Results come out on standard output in
the order of the records. Options stop at the first word that is no option.

Input:
  -a, --arg-file FILE      read records from FILE; may be repeated; - is
                           standard input
  -0, --null               records end with NUL
  -d, --delimiter C        records end with the byte C; \n \t \0 \\ \x1f \037
  -r, --no-run-if-empty    for xargs users: without records nothing is run in
                           any case

Command (in a script a replacement string is data, never code):
  {}   the record           {/}   its base name      {#}  the task's number
  {.}  without extension    {//}  its directory      {%}  the slot's number
  {/.} base name without extension; without any, the record comes last
      --shell              the command is a shell script
      --exec               the command is a program
      --no-fork            run the script in the worker itself, not in a
                           subshell of it: faster, and state is kept

Workers:
  -j, -P, --jobs N, --max-procs N
                           run N tasks at a time; 0: as many as there are; N%,
                           +N, -N: of or beside the CPUs; a file that holds one
                           of these (default: the CPUs that may be used)
      --idle-timeout DUR   let a worker go that was idle for so long (10s)

Failure:
      --timeout DUR        end a task that takes longer
      --kill-after DUR     SIGKILL so long after SIGTERM (2s)

Output:
  -k, --keep-order         in the order of the records: the default
      --unordered          each result as it ends, still in one piece
  -u, --ungroup            as it comes, mixed
      --quiet              no lines about failures
      --progress[=MODE]    auto, bar, plain or none: a bar on a terminal, lines
                           for a log (default: none; without MODE: auto)

  -h, --help               show this
  -V, --version            show the version

A duration is a number of seconds, or has units: 1.5, 100ms, 2m, 1h30m.

Environment: XPOOL_SHELL is the shell for scripts, XPOOL_JOBS the default of
--jobs, XPOOL_MAX_DEPTH bounds runs in runs (10), TMPDIR is the place for output
that waits for its turn. A task finds XPOOL_SEQ, XPOOL_SLOT, XPOOL_ATTEMPT,
XPOOL_DEPTH and XPOOL_RUN in its environment.

Exit status: 0 all tasks succeeded; 123 one exited with 1-254; 124 one exited
with 255; 125 one was killed by a signal or timed out; 126 it cannot be run;
127 not found; 1 another error; 128+N ended by signal N.

See xpool(1) for everything else.
`

// versionText is what --version shows: the version, and what the binary was
// built from as far as the build knows.
func versionText() string {
	text := "xpool " + version
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				text += " (" + s.Value[:min(12, len(s.Value))] + ")"
			}
		}
	}
	return text + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
}

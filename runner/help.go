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
  xpool [options] --lang python3 'code'      run code in interpreters that stay
  xpool [options] --worker program [args...] give records to programs that stay
  xpool ... ::: a b c                        records from the arguments
  xpool --as xargs ...                       GNU xargs, option for option

A record is a line of standard input. Results come out on standard output in
the order of the records. Options stop at the first word that is no option.

Input:
  -a, --arg-file FILE      read records from FILE, and leave standard input to
                           programs; may be repeated; - is standard input
  -0, --null               records end with NUL
  -d, --delimiter C        records end with the byte C; \n \t \0 \\ \x1f \037
  -r, --no-run-if-empty    for xargs users: without records nothing is run in
                           any case
  -E STR                   a record STR ends the input
      --eof[=STR]          the same; without STR none does

Several records for a task (of -n, -L and -I the last one counts):
  -n, --max-args N         at most N records
  -L N                     at most N lines; one with a blank at its end goes on
                           in the next
      --max-lines[=N]      the same; without N, 1
  -s, --max-chars N        a command of at most N bytes
  -x, --exit               end the run if -s lets in less than -n or -L
      --show-limits        show the limits of this system first

Command (in a script a replacement string is data, never code):
  {}   the record           {/}   its base name      {#}  the task's number
  {.}  without extension    {//}  its directory      {%}  the slot's number
  {/.} base name without extension; without any, the record comes last;
       of several records, each is a word where {} stands alone
  -I STR                   STR stands for the record, in the place of {}
  -i, --replace[=STR]      the same; without STR, {}
      --shell              the command is a shell script
      --exec               the command is a program
      --no-fork            run the script in the worker itself, not in a
                           subshell of it: faster, and state is kept
      --lang LANG          the command is code for python3, perl or node, or for
                           the one at a path: it finds arg, args and seq, in
                           Perl $arg, @args and $seq
      --call MOD:FUNC      call a Python function with the record instead, and
                           print what it returns; no command
      --worker             the command is a program that stays, and answers
                           each record on its standard output
      --protocol NAME      how it is asked and answers: lines (the default), nul
                           or json, which is that of Bazel's workers
      --prefetch N         let a worker have up to N more records than the one
                           it answers (1): faster when tasks are very short
      --multiplex[=N]      with json: one program serves N slots at once;
                           without N, all of them
      --cancel             with json: the program can be asked to give up a task
                           that takes too long; it and its other tasks go on

Workers:
  -j, -P, --jobs N, --max-procs N
                           run N tasks at a time; 0: as many as there are; N%,
                           +N, -N: of or beside the CPUs; a file that holds one
                           of these, read again every second (default: the CPUs
                           that may be used); SIGUSR1: one more, SIGUSR2: one
                           fewer
      --init CODE          run this first in each new shell or interpreter; may
                           be repeated
      --init-file FILE     the same, with what is in FILE
      --init-timeout DUR   how long a worker may take to be ready (30s)
      --idle-timeout DUR   let a worker go that was idle for so long (10s)
      --recycle-tasks N    replace a worker after N tasks
      --recycle-rss SIZE   replace it when it has more memory than this after a
                           task; auto: 300 MB over what it had after its first
      --threads N          have libraries of OpenMP and the like use N threads;
                           auto: the CPUs shared among the jobs
  -o, --open-tty           programs read the terminal
      --process-slot-var VAR
                           tasks find the number of their slot, from 0, in VAR

Failure:
      --timeout DUR        end a task that takes longer
      --stall-timeout DUR  end one that prints nothing for so long
      --mem-limit SIZE     end one that has more memory, all its processes
      --crash-limit N      try a task again until it has taken its worker down N
                           times (1)
      --kill-after DUR     SIGKILL so long after SIGTERM (2s)

Output:
  -k, --keep-order         in the order of the records: the default
      --unordered          each result as it ends, still in one piece
  -u, --ungroup            as it comes, mixed
  -t, --verbose            show each command when it begins
  -p, --interactive        ask on the terminal whether each command is to run
      --quiet              no lines about failures
      --progress[=MODE]    auto, bar, plain or none: a bar on a terminal, lines
                           for a log (default: none; without MODE: auto)

      --as NAME            take the place of NAME, which is xargs; has to be the
                           first option; xpool --as xargs --help shows more
  -h, --help               show this
  -V, --version            show the version

A duration is a number of seconds, or has units: 1.5, 100ms, 2m, 1h30m; a size
is a number of bytes, or has a unit: 300M, 1.5G (K, M, G: 1024; k, m, g: 1000).

Environment: XPOOL_SHELL is the shell for scripts, XPOOL_JOBS the default of
--jobs, XPOOL_MAX_DEPTH bounds runs in runs (10), TMPDIR is the place for output
that waits for its turn. A task finds XPOOL_SEQ, XPOOL_SLOT, XPOOL_ATTEMPT,
XPOOL_DEPTH and XPOOL_RUN in its environment.

Exit status: 0 all tasks succeeded; 123 one exited with 1-254; 124 one exited
with 255; 125 one was killed, timed out or went over a limit; 126 it cannot be
run; 127 not found; 1 another error; 128+N ended by signal N.

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

// xargsHelpText is what --help shows in the place of xargs, called by a name.
func xargsHelpText(name string) string {
	return "Usage: " + name + ` [option]... [command [argument]...]

Runs command (echo) with the arguments and, after them, items read from standard
input: blank-separated words, with quotes and backslashes. It is xpool in the
place of GNU xargs: with -P over 1 the output of each command stays together and
comes in the order of the input.

Items:
  -0, --null                    items end with NUL; no quotes, no end of input
  -d, --delimiter=CHARACTER     items end with CHARACTER or an escape; as -0
  -a, --arg-file=FILE           read from FILE; commands get standard input
  -E END, -e[END], --eof[=END]  an item END ends the input

How much goes into a command (of -n, -L and -I the last one counts):
  -n, --max-args=N              at most N items
  -L N, -l[N], --max-lines[=N]  at most N lines that are not blank
  -I R, -i[R], --replace[=R]    one line, which replaces R in the arguments ({})
  -s, --max-chars=N             at most N bytes
  -x, --exit                    end if -s comes before -n or -L
      --show-limits             show the limits of this system

Running:
  -P, --max-procs=N             N commands at a time (1); 0: all
  -r, --no-run-if-empty         without items run nothing, instead of once
  -o, --open-tty                commands read the terminal
  -t, --verbose                 show each command before it runs
  -p, --interactive             and ask whether it is to run
      --process-slot-var=VAR    commands find the number of their slot in VAR
  -u, --ungroup                 with -P, output as it comes, mixed

      --help                    show this
      --version                 show the version

Exit status: 0 all commands succeeded; 123 one exited with 1-254; 124 one exited
with 255, which ends the run; 125 one was killed by a signal, likewise; 126 it
cannot be run; 127 not found; 1 another error.

See COMPATIBILITY in xpool(1) for what is different.
`
}

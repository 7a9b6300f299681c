package runner

import (
	"runtime"
	"runtime/debug"
)

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
  xpool --as parallel ...                    GNU parallel, with its defaults

A record is a line of standard input. Results come out on standard output in
the order of the records. Options stop at the first word that is no option.

Input:
  -a, --arg-file FILE      read records from FILE, and leave standard input to
                           programs; may be repeated; - is standard input
  -0, --null               records end with NUL
  -d, --delimiter C        records end with the byte C; \n \t \0 \\ \x1f \037
  -r, --no-run-if-empty    run nothing without records; that is so in any case
  -E STR                   a record STR ends the input
      --eof[=STR]          a record STR ends the input; without STR none does
      --shuf               take records in random order, once all have been read

Sources and columns:
  ::: a b  ::: 1 2         each record of one with each of the other: four tasks
  ::: a b :::+ 1 2         side by side: two tasks
  :::: FILE ::::+ FILE     records from files likewise
      --link               all sources side by side, the shorter ones repeated
  -C, --colsep REGEX       what stands between the columns of a record
      --csv                columns are those of CSV
      --header WHAT        columns have names, as in {name}: those of the first
                           record (:) or of the files (0)
      --trim ENDS          drop blanks at these ends of a column: l, r, lr or n
      --arg-sep STR        STR stands for :::
      --arg-file-sep STR   STR stands for ::::

Several records for a task (of -n, -L and -I the last one counts):
  -n, --max-args N         at most N records for a task
  -N, --max-replace-args N
                           at most N records, as {1}, {2} and so on; 0: a task
                           for each one, which does not get it
  -L N                     at most N lines for a task; one with a blank at its
                           end goes on in the next
      --max-lines[=N]      at most N lines for a task; without N, 1
  -m                       as many records as fit, the last spread over the jobs
  -X                       as -m, and what a word has around {} is repeated
      --xargs              as many records as fit
  -s, --max-chars N        a command of at most N bytes
  -x, --exit               end the run if -s lets in less than -n or -L
      --show-limits        show the limits of this system first

Replacement strings (in a script they are data, never code):
  {}   the record           {/}   its base name      {#}  the task's number
  {.}  without extension    {//}  its directory      {%}  the slot's number
  {/.} base name without extension        {2} {-1} {2/}   of columns
       without any, the record comes last; of several records, each is a word
       where {} stands alone
  -I STR                   STR stands for the record, in the place of {}
  -i, --replace[=STR]      STR stands for the record; without STR, {}
  -U STR, --er STR, --extensionreplace STR
                           STR in the place of {.}
      --bnr STR, --basenamereplace STR
                           STR in the place of {/}
      --dnr STR, --dirnamereplace STR
                           STR in the place of {//}
      --bner STR, --basenameextensionreplace STR
                           STR in the place of {/.}
      --seqreplace STR     STR in the place of {#}
      --slotreplace STR, --slot-replacement STR
                           STR in the place of {%}
      --plus               more replacement strings: {..} {+/} {+.} {:2} {%.gz}
                           {/old/new} {^^} ...
      --rpl DEF            another replacement string: '{name} s/regexp/text/'
      --parens STR         what encloses Perl, which is refused: {==}

Command:
      --shell              the command is a shell script
      --exec               the command is a program
  -q, --quote              with --shell, each word stays one word, and is data
      --no-fork            run the script in the worker itself, not in a
                           subshell of it: faster, and state is kept
      --lang LANG          the command is code for python3, perl or node (or for
                           the one at a path): it finds arg, args and seq, in
                           Perl $arg, @args and $seq
      --call MOD:FUNC      print what a Python function returns for the record;
                           no command
      --worker             the command is a program that stays: it answers each
                           record on its standard output
      --protocol NAME      how a --worker is asked and answers: lines (the
                           default), nul or json, that of Bazel's workers
      --prefetch N         let a worker have up to N more records than the one
                           it answers (1; with json 0): faster when tasks are
                           very short
      --multiplex[=N]      one program serves N slots at once, with json;
                           without N, all of them
      --cancel             ask the program to give up a task that takes too
                           long, with json; it and its other tasks go on

Workers:
  -j, -P, --jobs N, --max-procs N
                           run N tasks at a time; 0: as many as there are; N%,
                           +N, -N: of or beside the CPUs; a file that holds one
                           of these, read again every second (default: the CPUs
                           that may be used); SIGUSR1: one more, SIGUSR2: one
                           fewer
      --jobserver[=MODE]   share the slots with every make, cargo or xpool below
                           (off, on, pipe, fifo); auto, the default: share those
                           of a make -j that xpool is run by
      --init CODE          run CODE first in each new shell or interpreter; may
                           be repeated
      --init-file FILE     run what is in FILE first, as --init does
      --init-timeout DUR   how long a worker may take to be ready (30s)
      --idle-timeout DUR   let a worker go that was idle for so long (10s)
      --recycle-tasks N    replace a worker after N tasks
      --recycle-rss SIZE   replace a worker that has more memory than this after
                           a task; auto: 300 MB over what it had after its first
      --reuse[=NAME]       run tasks in workers that an earlier call left behind
                           (with the same command, directory and environment),
                           and leave them for later ones (until they were idle
                           for --idle-timeout, 5m); NAME: and the same NAME
      --reuse-list         show what --reuse has left behind; no command
      --reuse-stop[=NAME]  end what --reuse has left behind, with NAME only what
                           has that name; no command
      --threads N          have libraries of OpenMP and the like use N threads;
                           auto: the CPUs shared among the jobs
      --nice N             run tasks at a lower priority
      --wd DIR, --workdir DIR
                           run tasks in DIR, which is made if it is not there;
                           with --on, ... is a new one, removed in the end
  -o, --open-tty           programs and scripts read the terminal
      --process-slot-var VAR
                           tasks find the number of their slot, from 0, in VAR

Other machines:
      --on PLACE           run tasks at PLACE instead of here, N at a time:
                           ssh:[N*]HOST,..., slurm:[N*]OPTIONS of srun,
                           cmd:[N*]COMMAND, local:N; may be repeated
      --ssh CMD            use CMD instead of ssh
      --env NAME           tasks on other machines find this variable or
                           function; may be repeated, or NAME,NAME
      --transferfile FILE, --tf FILE
                           send FILE to a task's machine before it; what is
                           behind /./ in its name says where to; may be repeated
      --transfer           send the file that is the record before the task
      --return FILE        bring FILE back after the task; may be repeated
      --basefile FILE, --bf FILE
                           send FILE before all tasks; may be repeated
      --cleanup            remove sent and returned files elsewhere afterwards
      --trc FILE           as --transfer --return FILE --cleanup

Pace:
      --delay DUR          begin tasks at least so far apart; with auto behind
                           it, further after failures
      --load N             begin no task while N processes run or wait for a
                           disk (or N% of, +N, -N beside the CPUs)
      --memfree SIZE       begin no task while less memory is free; under half
                           of it, end the youngest task and try it again later
      --noswap             begin no task while the machine swaps in and out
      --limit CMD          begin a task if CMD exits with 0; 1: wait; 2: end the
                           youngest, too; "io N", "load N", "mem SIZE"

Failure:
      --timeout DUR        end a task that takes longer; N%: than this part of
                           the median of those before
      --stall-timeout DUR  end a task that prints nothing for so long
      --mem-limit SIZE     end a task whose processes have more memory together
      --retries N          try a task that failed up to N times in all; 0: until
                           it succeeds
      --retry-delay DUR    wait so long before each further try
      --crash-limit N      try a task again until it has taken its worker down N
                           times (1)
      --kill-after DUR     send SIGKILL so long after SIGTERM (2s)
      --term-seq SEQ, --termseq SEQ
                           end tasks by these signals, with the milliseconds
                           after each; "" is TERM,200,TERM,100,TERM,50,KILL,25
      --halt WHEN, --halt-on-error WHEN
                           end the run early: never (the default), or soon or
                           now with fail=N, success=N, done=N or N%, as in
                           now,fail=1: what runs is ended now, or awaited soon
      --fail-fast          as --halt now,fail=1

Output:
  -k, --keep-order         results in the order of the records: the default
      --unordered          print each result as it ends, still in one piece
      --lb, --line-buffer  print each line as it comes, unless -k is given
  -u, --ungroup            print output as it comes, mixed
      --tag                begin each line with the record and a tab
      --tagstring STR      begin each line with STR, which can have replacement
                           strings
      --dry-run            show the commands and run none
  -t, --verbose            show each command when it begins
  -p, --interactive        ask on the terminal whether each command is to run
      --quiet              print no lines about failures
      --progress[=MODE]    show how far the run is: bar on a terminal, plain
                           lines for a log, auto for either (without MODE), or
                           none (the default)
      --bar                as --progress=bar
      --eta                as --progress=auto
      --total-jobs N       there will be N tasks; so input is not read ahead

Logs and results:
      --joblog FILE        write a row for each task that is over, as GNU
                           parallel does; +FILE: behind what is there
      --resume             run no task that the joblog, or --results, has
      --resume-failed      run no task that succeeded, as the joblog has it
      --retry-failed       run tasks that failed again, as the joblog has them
      --results DIR        keep output in files in DIR; or in those of a name
                           with replacement strings, or in one table: FILE.csv,
                           .tsv, .json; -.csv is standard output
      --files              print the names of files that have the output
      --json               print a line of JSON for each task, as it ends

Reports:
      --failures[=N]       at the end, describe the first N failed tasks (10):
                           how each ended, its command, and what it said last
      --annotate NAME      describe failures as the annotations of NAME: github
      --junit FILE         write a test report of all tasks in JUnit's form
      --trace FILE         write what ran when, for Perfetto or Chrome
      --report FILE        write a page of HTML about the run: what took
                           longest, what failed, and the use of slots and memory

Data on standard input (of -N and -L, they count its records and lines):
      --pipe, --spreadstdin
                           give each task a block of the input, and not a record
      --block SIZE, --block-size SIZE
                           give blocks of whole records, up to SIZE (1M); -N,
                           for --pipe-part: N blocks for each job
      --recend STR         a record ends with STR (a newline, as \n)
      --recstart STR       a record begins with STR
      --regexp             take --recend and --recstart for regular expressions
      --rrs, --remove-rec-sep
                           take what ends records out
      --round-robin, --round
                           a task for each job, which gets block after block
      --cat                the block is in a file, whose name the task gets
      --fifo               the block is in a fifo, whose name the task gets
      --tee                each task gets all of the input; ::: makes the tasks
      --pipe-part, --pipepart
                           give blocks of files, those of -a and ::::; they are
                           only read where they are cut

Semaphore (each of these asks for one; see SEMAPHORES in xpool(1)):
      --semaphore          run the command once, as sem of GNU parallel does:
                           when fewer than -j (1) others hold the semaphore
      --id NAME, --semaphorename NAME, --semaphore-name NAME
                           use the semaphore NAME, not that of the terminal
      --fg                 wait for the command, and exit with its status
      --bg                 be over when the command has begun: the default
      --wait               wait until nobody holds the semaphore; no command
      --st DUR, --semaphoretimeout DUR, --semaphore-timeout DUR
                           run the command after so long anyway; -DUR: give up

      --as NAME            take the place of NAME, xargs or parallel; has to be
                           the first option; xpool --as NAME --help shows more
      --explain            show what the command line means, and run nothing
      --completion SHELL   show the script that completes xpool's options in
                           bash, zsh or fish
  -h, --help               show this help
  -V, --version            show the version

A value in [ ] may be left out, and comes behind a = where it is given.
A duration is a number of seconds, or has units: 1.5, 100ms, 2m, 1h30m; a size
is a number of bytes, or has a unit: 300M, 1.5G (K, M, G: 1024; k, m, g: 1000).

Environment: XPOOL_SHELL is the shell for scripts, XPOOL_JOBS the default of
--jobs, XPOOL_SSH that of --ssh, XPOOL_MAX_DEPTH bounds runs in runs (10),
TMPDIR is the place for output that waits for its turn. A task finds XPOOL_SEQ,
XPOOL_SLOT, XPOOL_ATTEMPT, XPOOL_DEPTH and XPOOL_RUN in its environment.

Exit status: 0 all tasks succeeded; 123 one exited with 1-254; 124 one exited
with 255; 125 one was killed, timed out, went over a limit or lost its machine;
126 it cannot be run; 127 not found; 1 another error; 128+N ended by signal N.

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

      --explain                 show what all this means, and run nothing
      --help                    show this
      --version                 show the version

Exit status: 0 all commands succeeded; 123 one exited with 1-254; 124 one exited
with 255, which ends the run; 125 one was killed by a signal, likewise; 126 it
cannot be run; 127 not found; 1 another error.

See COMPATIBILITY in xpool(1) for what is different.
`
}

// parallelHelpText is what --help shows in the place of GNU parallel, called by a
// name.
func parallelHelpText(name string) string {
	return "Usage: " + name + ` [option]... [command [argument]...] < records
       ` + name + ` [option]... [command [argument]...] ::: record...
       ` + name + ` [option]... [command [argument]...] :::: file...

Runs command for each record: its words, joined by blanks, are a script for a
shell, with the record in the place of {} or at its end; without a command, each
record is a script. It is xpool in the place of GNU parallel, with its options,
its defaults and its exit status.

  {} {.} {/} {//} {/.}      the record, and parts of it as a path
  {1} {2.} {-1} {name}      a column, a part of it, the last, one by its name
  {#} {%}                   the number of the job, and of its slot
  ::: A... ::: B...         each with each;  :::+  side by side, as with --link
  -a FILE, :::: FILE        records from a file;  -C REGEX  columns of records
  -j N, -P N                jobs at a time: N, N%, +N, -N, 0 for all, a file
  -k                        results in the order of the records
  -n N, -N N, -X, -m        several records for a job
  --tag, --lb, -u           lines with their record, at once, and as they come
  --bar, --eta              how far it is
  --dry-run, -t             show the commands: instead of running them, or first
  --halt WHEN               end early: now,fail=1  soon,fail=3  now,success=1
  --timeout N, --retries N  a limit of seconds, or N%; how often to try
  --delay, --load, --memfree, --limit
                            when jobs may begin
  --joblog FILE, --resume, --resume-failed, --retry-failed
                            a log of what was done, and going on from it
  --results DIR, --files    output in files
  -S N/HOST,...             other machines, with --trc FILE, --bf FILE, --wd DIR

Different: a record is data wherever it stands in the script, in quotes too; a
crash is named; nothing that a job has started outlives the run. Scripts are run
by shells that stay, so that a job costs no new process.
Refused: Perl in {= =} (use --rpl), databases, tmux.

Exit status: 0 all jobs succeeded; 1-100 so many failed; 101 more; 255 another
error; with --halt that of the job, or a percentage.

All other options are those of "xpool --help". See xpool(1), and what is
different in its section COMPATIBILITY.
`
}

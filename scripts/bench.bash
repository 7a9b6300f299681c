# What scripts/bench compares; it sources this.
#
# Each function bench_NAME makes the rows of a name that --only takes. Its commands
# are in single quotes, as they are for the shells that run them, with the variables
# that scripts/bench exports.
# shellcheck shell=bash disable=SC2016,SC2154

bench_program() {
	local work='`/bin/echo`, a process a task'
	compare "$work" '`xargs -P2 -n1`' "$tasks" 1.2 '"$xpool" -j2 /bin/echo' 'xargs -P2 -n1 /bin/echo'
	if have xe; then
		compare "$work" '`xe -j2`' "$tasks" '' '"$xpool" -j2 /bin/echo' 'xe -j2 /bin/echo'
	fi
	if have xjobs; then
		compare "$work" '`xjobs -1 -j2`' "$tasks" '' '"$xpool" -j2 /bin/echo' 'xjobs -1 -j2 -v0 /bin/echo'
	fi
}

bench_snippet() {
	local peer='`xargs -P2 -I{} sh -c`'
	compare '`echo {}`' "$peer" "$tasks" 15 \
		'"$xpool" -j2 "echo {}"' 'xargs -P2 -I{} sh -c "echo {}"'
	compare '`n={}; echo $n`, in its subshell' "$peer" "$tasks" 2.5 \
		'"$xpool" -j2 "n={}; echo \$n"' 'xargs -P2 -I{} sh -c "n={}; echo \$n"'
	compare '`/bin/echo {} | cat`, which forks' "$peer" "$tasks" 2.5 \
		'"$xpool" -j2 "/bin/echo {} | cat"' 'xargs -P2 -I{} sh -c "/bin/echo {} | cat"'
	compare '`n={}; echo $n` with `--no-fork`' "$peer" "$tasks" 20 \
		'"$xpool" -j2 --no-fork "n={}; echo \$n"' 'xargs -P2 -I{} sh -c "n={}; echo \$n"'
}

# The function is exported to these two alone: others would run in bash for it.
bench_function() {
	local define='f() { echo "$1"; }; export -f f;'
	compare '`f {}`, an exported function' '`xargs -P2 -n1 bash -c`' "$tasks" 2.5 \
		"$define"'"$xpool" -j2 "f {}"' "$define"'xargs -P2 -n1 bash -c '\''f "$@"'\'' _'
}

bench_parallel() {
	have 'GNU parallel' || return 0
	compare '`echo {}`' '`parallel -k -j2`' "$few" 10 \
		'"$xpool" -j2 "echo {}"' 'parallel -k -j2 "echo {}"'
	compare '`n={}; echo $n`, in its subshell' '`parallel -k -j2`' "$few" 10 \
		'"$xpool" -j2 "n={}; echo \$n"' 'parallel -k -j2 "n={}; echo \$n"'
}

bench_python() {
	local ours='"$xpool" -j2 --lang "$python" "print(int(arg)**2)"' work='`--lang python3`'
	have python3 || return 0
	compare "$work" '`xargs -P2 -n1 python3 -c`' "$few" '' "$ours" \
		'xargs -P2 -n1 "$python" -c "import sys; print(int(sys.argv[1])**2)"'
	have joblib || return 0
	cat >"$tmp/loky.py" <<-'END'
		import sys
		from joblib.externals.loky import get_reusable_executor
		def square(line): return int(line) ** 2
		if __name__ == "__main__":
		    for result in get_reusable_executor(max_workers=2).map(square, sys.stdin, chunksize=1):
		        print(result)
	END
	write_batches
	compare "$work" 'loky, one at a time' "$many" '' "$ours" '"$python" "$tmp/loky.py"'
	compare "$work" 'joblib, in batches' "$many" '' "$ours" '"$python" "$tmp/batches.py" 0'
}

bench_filter() {
	local theirs='paexec -n +2 -c "$python $tmp/filter.py paexec"'
	have python3 && have paexec || return 0
	cat >"$tmp/filter.py" <<-'END'
		import sys
		end = "\n\n" if "paexec" in sys.argv else "\n" # it wants an empty line after a result
		for line in sys.stdin:
		    print(int(line) ** 2, end=end, flush=True)
	END
	compare '`--worker` in Python' '`paexec -n +2`' "$many" '' \
		'"$xpool" -j2 --worker "$python" "$tmp/filter.py"' "$theirs"
	compare '`--worker --prefetch 32` in Python' '`paexec -n +2`' "$many" '' \
		'"$xpool" -j2 --worker --prefetch 32 "$python" "$tmp/filter.py"' "$theirs"
}

bench_start() {
	echo 1 >"$tmp/one"
	numbers 1
	start_up 'start-up: one program' '`xargs`' '"$xpool" /bin/true' 'xargs /bin/true'
	start_up 'start-up: one `echo {}`' '`xargs -I{} sh -c`' '"$xpool" "echo {}"' 'xargs -I{} sh -c "echo {}"'
}

# write_batches: a program for joblib. The task whose number is its argument sleeps.
write_batches() {
	cat >"$tmp/batches.py" <<-'END'
		import sys, time
		from joblib import Parallel, delayed
		def square(line, slow):
		    if int(line) == slow: time.sleep(1)
		    return int(line) ** 2
		if __name__ == "__main__":
		    slow = int(sys.argv[1])
		    for result in Parallel(n_jobs=2)(delayed(square)(line, slow) for line in sys.stdin):
		        print(result)
	END
}

# slow_first WORK PEER TASKS OURS THEIRS: the first task sleeps for a second, and what
# the others print has to wait for it.
slow_first() {
	resources "slow first $1" "$2" "$3" '' "$4" "$5"
	descriptors "slow first $1" "$2" "$3"
}

bench_head() {
	local ours='"$xpool" -j2 "[ {} -ne 1 ] || sleep 1; echo {}"'
	have /proc || return 0
	slow_first '`echo {}`' '' $((tasks * 50)) "$ours" ''
	if have 'GNU parallel'; then
		slow_first '`echo {}`' '`parallel -k -j2`' $((few * 5)) "$ours" \
			'parallel -k -j2 "[ {} -ne 1 ] || sleep 1; echo {}"'
	fi
	have python3 && have joblib || return 0
	write_batches
	slow_first '`--lang python3`' 'joblib, in batches' $((tasks * 50)) \
		'"$xpool" -j2 --lang "$python" --init "import time" "int(arg) == 1 and time.sleep(1); print(int(arg)**2)"' \
		'"$python" "$tmp/batches.py" 1'
}

bench_output() {
	local work='four big outputs' ours='"$xpool" -j2 "head -c $bytes /dev/zero; : {}"'
	numbers 4
	throughput "$work" '`xargs -P2 -I{} sh -c`' $((4 * bytes)) '' "$ours" \
		'xargs -P2 -I{} sh -c "head -c $bytes /dev/zero; : {}"'
	if have 'GNU parallel'; then
		throughput "$work" '`parallel -k -j2`' $((4 * bytes)) '' "$ours" \
			'parallel -k -j2 "head -c $bytes /dev/zero; : {}"'
	fi
}

bench_pipe() {
	local filter size=$((bytes / 2))
	have 'GNU parallel' || return 0
	head -c "$size" < <(yes 'a line of those that are counted or handed on') >"$tmp/input"
	for filter in 'wc -l' cat; do
		throughput "\`--pipe --block 1M $filter\`" '`parallel -k --pipe`' "$size" 5 \
			'"$xpool" -j2 --pipe --block 1M '"$filter" 'parallel -k -j2 --pipe --block 1M '"$filter"
	done
}

# Perl answers paexec with an empty line after each result.
bench_million() {
	local n=$((tasks * 500)) peer='' theirs=''
	have /proc && have perl || return 0
	if have paexec; then
		peer='`paexec -n +2`' theirs='paexec -n +2 -c "perl -lpe '\''BEGIN { \$| = 1 } \$_ .= qq(\n)'\''"'
	fi
	resources 'records through a line filter' "$peer" "$n" 'under 40 MB' \
		'"$xpool" -j2 --prefetch 32 --worker perl -pe '\''BEGIN { $| = 1 }'\' "$theirs"
}

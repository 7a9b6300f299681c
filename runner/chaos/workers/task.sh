# The tasks of shells and programs, and workers that are a loop around them. They
# are defined where CHAOS_LOG is, to which each task says when it begins and ends.

# task "SEQ ACT LINES WIDTH PAUSE ARG" does what an act of task.go says.
task() {
	set -f
	set -- $1
	set +f
	echo "B $1 $$ ${XPOOL_ATTEMPT:-0}" >>"$CHAOS_LOG"
	_n=0
	while [ "$_n" -lt "$3" ]; do
		_n=$((_n + 1))
		printf '<%s.%s %0*d\n' "$1" "$_n" "$4" 0
		[ "$2" != stderr ] || printf '!%s.%s\n' "$1" "$_n" >&2
		[ "$_n" != 1 ] || act "$@"
	done
	[ "$3" != 0 ] || act "$@"
	echo "E $1 $$" >>"$CHAOS_LOG"
	[ "$2" != exit ] || exit "$6"
}

# act SEQ ACT LINES WIDTH PAUSE ARG is what comes after the first line.
act() {
	[ "$5" = 0 ] || sleep "$(printf '0.%03d' "$5")"
	case $2 in
	crash) kill -"$6" $$; sleep 1000; exit 5 ;;
	hang) sleep 1000; exit 5 ;;
	stray) sleep 1000 & setsid sleep 1000 & ;;
	flaky) [ "$XPOOL_ATTEMPT" -ge "$6" ] || exit 9 ;;
	esac
}

# data is a task that copies its block.
data() {
	echo "B $XPOOL_SEQ $$ $XPOOL_ATTEMPT" >>"$CHAOS_LOG"
	cat || exit
	echo "E $XPOOL_SEQ $$" >>"$CHAOS_LOG"
}

# lines is a worker for the protocol of that name. A task's line is its reply: it is
# printed when the task is over.
lines() {
	while IFS= read -r _record; do
		_reply=$(task "$_record") || exit
		printf '%s\n' "$_reply"
	done
}

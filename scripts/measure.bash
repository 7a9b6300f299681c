# What scripts that measure have in common; to be sourced by bash 5 or newer.
# shellcheck shell=bash
# shellcheck disable=SC2034 # took, peak and most are for whoever calls

# sample PID: what the process itself has now, without its children, as "RSS PEAK
# FILES": its resident memory and the most that this has been, in KiB, and the number
# of its open descriptors; fails when it is gone. Linux only.
sample() {
	local key value rss='' peak='' open
	while read -r key value _; do
		case $key in
		VmRSS:) rss=$value ;;
		VmHWM:) peak=$value ;;
		esac
	done 2>/dev/null <"/proc/$1/status" || return 1
	open=("/proc/$1/fd/"*)
	[[ -n $rss ]] && echo "$rss $peak ${#open[@]}"
}

# elapsed COMMAND INPUT: runs a shell command that reads the file, and sets took to
# its microseconds; fails when the command does, or a part of a pipe in it.
elapsed() {
	local start=${EPOCHREALTIME/[.,]/}
	bash -o pipefail -c "$1" <"$2" >/dev/null || return 1
	took=$((${EPOCHREALTIME/[.,]/} - start))
}

# metered COMMAND INPUT SAMPLES: as elapsed, for a command that is one process, and
# sets peak and most too: the most bytes of memory and the most descriptors that this
# process had. While it runs, pid is its id. The third file is written to. Linux only.
metered() {
	local start=${EPOCHREALTIME/[.,]/} watcher status=0
	bash -c "exec $1" <"$2" >/dev/null &
	pid=$!
	# At first it is the shell that becomes the command.
	while sleep 0.05 && sample "$pid"; do :; done >"$3" &
	watcher=$!
	wait "$pid" || status=1
	took=$((${EPOCHREALTIME/[.,]/} - start))
	pid=
	wait "$watcher" || true # it ends when it finds no process
	read -r peak most < <(awk '{ peak = $2; if ($3 > most) most = $3 } END { print peak * 1024, most + 0 }' "$3")
	return "$status"
}

# median NUMBER...: the middle one, or the lower of two; nothing of nothing.
median() {
	[[ $# -eq 0 ]] || printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

# over DIVIDEND DIVISOR: their quotient; nothing if one is empty, or 0, as something
# that was not measured.
over() {
	[[ ${1:-0} == 0 || ${2:-0} == 0 ]] || awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f\n", a / b }'
}

# thousands NUMBER: it, with commas.
thousands() {
	sed -e ':again' -e 's/^\([0-9]\{1,\}\)\([0-9]\{3\}\)/\1,\2/' -e 't again' <<<"$1"
}

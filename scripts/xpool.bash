# shellcheck shell=bash
#
# env_xpool for bash 4.2 and later: xpool, whose shells know what this one knows.
#
#     . /usr/local/share/xpool/xpool.bash       (in ~/.bashrc, or in a script)
#
# That is where scripts/install puts it; the Debian package has it in /usr/share/xpool.
#
#     greet() { echo "$greeting, $1"; }
#     greeting=hello
#     printf '%s\n' Ann 'Bob B.' | env_xpool -j4 'greet {}'
#
# env_xpool [option ...] [script] [::: record ...]
#     is xpool --shell, which joins the words of the script by blanks. Each worker
#     is a bash that first gets the functions of the caller, its variables, local
#     ones, arrays and readonly ones too, its aliases, and those shell options that
#     change what code means. Exported variables go by the environment as ever.
#     Traps, set -e, the prompt and other hooks, and what bash keeps for itself
#     (RANDOM, PIPESTATUS, BASH_*) are not handed over.
#
#     With XPOOL_ENV set to names, separated by blanks, only the functions,
#     variables and aliases of these names are. One that does not exist is an
#     error, of status 1, and nothing is run.
#
# env_xpool --session
#     leaves all names that there are by now out of later calls, unless XPOOL_ENV
#     has them. It keeps them in the array XPOOL_SESSION.
#
# env_xpool --end-session
#     undoes that.
#
# The workers' share goes through a pipe: no file is left, whatever happens, and no
# value shows among the arguments of a process. Nothing is set in the caller's shell.
# All names here begin with env_xpool or _env_xpool, as bash has one name space.

env_xpool() {
	case $#:${1-} in
	1:--session)
		mapfile -t XPOOL_SESSION < <(_env_xpool_quietly _env_xpool_names)
		return
		;;
	1:--end-session)
		unset -v XPOOL_SESSION
		return
		;;
	esac
	(_env_xpool_quietly _env_xpool_check) || return
	XPOOL_SHELL=${BASH:-bash} command xpool \
		--init-file <(_env_xpool_quietly _env_xpool_state </dev/null) --shell "$@"
}

# _env_xpool_quietly COMMAND: runs it in a shell whose options are known. It is for
# subshells only. The options that were are in _env_xpool_shopt and _env_xpool_set,
# as commands.
_env_xpool_quietly() {
	{ builtin set +x; } 2>/dev/null
	builtin trap - DEBUG ERR RETURN
	local _env_xpool_shopt _env_xpool_set
	_env_xpool_shopt=$(builtin shopt -p)
	_env_xpool_set=$(builtin set +o)
	builtin set +efuC +o posix
	builtin shopt -u nocasematch failglob expand_aliases
	"$1"
}

# _env_xpool_names: prints all that could be handed over, as KIND:NAME. Variables
# that have attributes but no value are known to declare only; a line of another
# one's value may look like them, and is found out by declare -p later.
_env_xpool_names() {
	local _env_xpool_name
	while IFS='' builtin read -r _env_xpool_name; do
		case $_env_xpool_name in
		_xpool* | _env_xpool* | XPOOL_*) ;; # those of a worker are its own
		_ | BASH | BASHOPTS | BASHPID | BASH_*) ;;
		COMPREPLY | COMP_CWORD | COMP_KEY | COMP_LINE | COMP_POINT | COMP_TYPE | COMP_WORD*) ;;
		DIRSTACK | EPOCHREALTIME | EPOCHSECONDS | EUID | FUNCNAME | GROUPS | HISTCMD | LINENO) ;;
		OLDPWD | OPTARG | OPTERR | OPTIND | PIPESTATUS | POSIXLY_CORRECT | PPID | PWD) ;;
		PROMPT_COMMAND | PS[0-2] | RANDOM | READLINE_* | SECONDS | SHELLOPTS | SHLVL | SRANDOM | UID) ;;
		TMOUT) ;; # it would bound the time of read
		*) builtin printf 'variable:%s\n' "$_env_xpool_name" ;;
		esac
	done < <(
		builtin compgen -A variable
		builtin declare -p |
			LC_ALL=C command sed -n 's/^declare -[-A-Za-z]* \([A-Za-z_][A-Za-z0-9_]*\)$/\1/p'
	)
	while IFS='' builtin read -r _env_xpool_name; do
		case $_env_xpool_name in
		_xpool* | command_not_found_handle) ;;
		*=*) ;; # bash takes it for an assignment when asked to print it
		*) builtin printf 'function:%s\n' "$_env_xpool_name" ;;
		esac
	done < <(builtin compgen -A function)
	for _env_xpool_name in "${!BASH_ALIASES[@]}"; do
		builtin printf 'alias:%s\n' "$_env_xpool_name"
	done
}

# _env_xpool_wanted: prints the names in XPOOL_ENV, a line each.
_env_xpool_wanted() {
	local -a _env_xpool_words
	IFS=$' \t\n' builtin read -r -d '' -a _env_xpool_words < <(builtin printf '%s ' "${XPOOL_ENV[@]-}")
	[[ ${#_env_xpool_words[@]} -eq 0 ]] || builtin printf '%s\n' "${_env_xpool_words[@]}"
}

# _env_xpool_selected: prints those of _env_xpool_names that are asked for, once.
_env_xpool_selected() {
	local _env_xpool_name _env_xpool_named=
	local -A _env_xpool_asked=() _env_xpool_done=()
	while IFS='' builtin read -r _env_xpool_name; do
		_env_xpool_named=1
		_env_xpool_asked[variable:$_env_xpool_name]=1
		_env_xpool_asked[function:$_env_xpool_name]=1
		_env_xpool_asked[alias:$_env_xpool_name]=1
	done < <(_env_xpool_wanted)
	if [[ -z $_env_xpool_named ]]; then
		for _env_xpool_name in "${XPOOL_SESSION[@]}"; do
			_env_xpool_done[$_env_xpool_name]=1
		done
	fi
	while IFS='' builtin read -r _env_xpool_name; do
		[[ -z ${_env_xpool_done[$_env_xpool_name]-} ]] || continue
		[[ -z $_env_xpool_named || -n ${_env_xpool_asked[$_env_xpool_name]-} ]] || continue
		_env_xpool_done[$_env_xpool_name]=1
		builtin printf '%s\n' "$_env_xpool_name"
	done < <(_env_xpool_names)
}

# _env_xpool_check: fails if a name in XPOOL_ENV is that of nothing.
_env_xpool_check() {
	local _env_xpool_name _env_xpool_status=0
	local -A _env_xpool_found=()
	[[ -n ${XPOOL_ENV[*]-} ]] || return 0
	while IFS='' builtin read -r _env_xpool_name; do
		_env_xpool_found[:${_env_xpool_name#*:}]=1
	done < <(_env_xpool_selected)
	while IFS='' builtin read -r _env_xpool_name; do
		if [[ -z ${_env_xpool_found[:$_env_xpool_name]-} ]]; then
			builtin printf 'env_xpool: XPOOL_ENV: there is no function, variable or alias %s to hand over\n' "$_env_xpool_name" >&2
			_env_xpool_status=1
		fi
	done < <(_env_xpool_wanted)
	return "$_env_xpool_status"
}

# _env_xpool_state: prints what makes another bash like this one. The order counts:
# functions stand before the aliases, which they have gone through already, and are
# read with extglob, with which any of them can have been written.
_env_xpool_state() {
	local _env_xpool_name
	local -a _env_xpool_vars=() _env_xpool_funcs=() _env_xpool_aliases=() _env_xpool_text=()
	while IFS='' builtin read -r _env_xpool_name; do
		case $_env_xpool_name in
		variable:*) _env_xpool_vars+=("${_env_xpool_name#*:}") ;;
		function:*) _env_xpool_funcs+=("${_env_xpool_name#*:}") ;;
		alias:*) _env_xpool_aliases+=("${_env_xpool_name#*:}") ;;
		esac
	done < <(_env_xpool_selected)
	_env_xpool_text=("$(_env_xpool_variables "${_env_xpool_vars[@]}")")
	_env_xpool_text+=('shopt -s extglob')
	_env_xpool_text+=("$(_env_xpool_functions "${_env_xpool_funcs[@]}")")
	_env_xpool_text+=("$(_env_xpool_options)")
	if [[ $_env_xpool_shopt == *'shopt -s expand_aliases'* && ${#_env_xpool_aliases[@]} -gt 0 ]]; then
		_env_xpool_text+=("$(builtin alias -- "${_env_xpool_aliases[@]}")" 'shopt -s expand_aliases')
	fi
	# An xpool that has ended already, for a wrong option say, has told why.
	builtin printf '%s\n' "${_env_xpool_text[@]}" : 2>/dev/null
}

# _env_xpool_variables NAME...: prints their declarations. Of an exported variable
# the environment brings the value, and xpool may have given it another one: only
# what more there is to it is printed.
_env_xpool_variables() {
	local _env_xpool_name _env_xpool_more
	local -a _env_xpool_whole=()
	local -A _env_xpool_exported=()
	while IFS='' builtin read -r _env_xpool_name; do
		_env_xpool_exported[$_env_xpool_name]=1
	done < <(builtin compgen -A export)
	while IFS='' builtin read -r _env_xpool_name; do # arrays are not in the environment
		_env_xpool_exported[$_env_xpool_name]=
	done < <(builtin compgen -A arrayvar)
	for _env_xpool_name; do
		if [[ -z ${_env_xpool_exported[$_env_xpool_name]-} ]]; then
			_env_xpool_whole+=("$_env_xpool_name")
		elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
			_env_xpool_more=${!_env_xpool_name@a}
			_env_xpool_more=${_env_xpool_more//x/}
			[[ -z $_env_xpool_more ]] || builtin printf 'declare -%s %s\n' "$_env_xpool_more" "$_env_xpool_name"
		fi
	done
	[[ ${#_env_xpool_whole[@]} -eq 0 ]] || builtin declare -p "${_env_xpool_whole[@]}" 2>/dev/null
}

# _env_xpool_functions NAME...: prints their definitions. Now and then bash prints
# one that it cannot read; such a function is left out, as it would take all others
# along.
_env_xpool_functions() {
	[[ $# -gt 0 ]] || return
	local _env_xpool_name _env_xpool_code
	if _env_xpool_code=$(builtin declare -f -- "$@") && _env_xpool_parses "$_env_xpool_code"; then
		builtin printf '%s\n' "$_env_xpool_code"
		return
	fi
	for _env_xpool_name; do
		if _env_xpool_code=$(builtin declare -f -- "$_env_xpool_name") && _env_xpool_parses "$_env_xpool_code"; then
			builtin printf '%s\n' "$_env_xpool_code"
		else
			builtin printf 'env_xpool: left out the function %s, as bash cannot read what it prints of it\n' "$_env_xpool_name" >&2
		fi
	done
}

_env_xpool_parses() {
	BASH_ENV='' "${BASH:-bash}" -O extglob -n 2>/dev/null < <(builtin printf '%s\n' "$1")
}

# _env_xpool_options: prints the commands that set the options: all of shopt but
# those of an interactive shell, and of set those that code notices.
_env_xpool_options() {
	local _env_xpool_line
	while IFS='' builtin read -r _env_xpool_line; do
		case ${_env_xpool_line##* } in
		expand_aliases | login_shell | restricted_shell) ;;
		autocd | cdspell | check* | cmdhist | complete_fullquote | dir* | extdebug | force_fignore | hist* | hostcomplete) ;;
		huponexit | interactive_comments | lithist | mailwarn | no_empty_cmd_completion | prog* | promptvars) ;;
		*) builtin printf '%s\n' "$_env_xpool_line" ;;
		esac
	done <<<"$_env_xpool_shopt"
	while IFS='' builtin read -r _env_xpool_line; do
		case ${_env_xpool_line##* } in
		braceexpand | noclobber | noglob | nounset | physical | pipefail) builtin printf '%s\n' "$_env_xpool_line" ;;
		esac
	done <<<"$_env_xpool_set"
}

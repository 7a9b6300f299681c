#!/usr/bin/env zsh
# ShellCheck knows no zsh.
# shellcheck disable=SC1071
#
# env_xpool for zsh 5: xpool, whose shells know what this one knows.
#
#     . /usr/local/share/xpool/xpool.zsh        (in ~/.zshrc, or in a script)
#
# That is where scripts/install puts it; the Debian package has it in /usr/share/xpool.
#
#     greet() { echo "$greeting, $1" }
#     greeting=hello
#     printf '%s\n' Ann 'Bob B.' | env_xpool -j4 'greet {}'
#
# env_xpool [option ...] [script] [::: record ...]
#     is xpool --shell, which joins the words of the script by blanks. Each worker
#     is a zsh that first gets the functions of the caller, its variables, local
#     ones, arrays and readonly ones too, its aliases of all kinds, its options as
#     far as they change what code means, and its modules. Exported variables go by
#     the environment as ever. Traps, setopt err_exit, the prompt and other hooks,
#     and what is special to zsh (RANDOM, status, pipestatus) are not handed over,
#     except for fpath, IFS and the like.
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
# All names here begin with env_xpool or _env_xpool, as zsh has one name space.

env_xpool() {
	case "$#:${1-}" in
	(1:--session)
		_env_xpool_session
		return
		;;
	(1:--end-session)
		builtin unset XPOOL_SESSION
		return
		;;
	esac
	_env_xpool_check || return
	# The file of this very zsh, where the system tells and xpool will know it.
	local _env_xpool_zsh="${${:-/proc/self/exe}:A}"
	[[ "${_env_xpool_zsh:t}" = zsh && -x "$_env_xpool_zsh" ]] || _env_xpool_zsh=zsh
	XPOOL_SHELL="$_env_xpool_zsh" command xpool \
		--init-file <(_env_xpool_state </dev/null) --shell "$@"
}

# _env_xpool_session: keeps the names that there are.
_env_xpool_session() {
	emulate -L zsh +x
	local -a _env_xpool_names
	_env_xpool_list
	typeset -ga XPOOL_SESSION
	XPOOL_SESSION=("${_env_xpool_names[@]}")
}

# _env_xpool_list: sets _env_xpool_names, which is its caller's, to all that could be
# handed over, as KIND:NAME.
_env_xpool_list() {
	local _env_xpool_name _env_xpool_type
	for _env_xpool_name _env_xpool_type in "${(@kv)parameters}"; do
		case $_env_xpool_type in
		(undefined*) continue ;; # of a module that is not loaded
		(*special*)
			case $_env_xpool_name in
			(IFS|LANG|LC_*|NULLCMD|READNULLCMD|TIMEFMT|WORDCHARS|fpath) ;;
			(*) continue ;;
			esac
			;;
		esac
		case $_env_xpool_name in
		(_xpool*|_env_xpool*|XPOOL_*) ;; # those of a worker are its own
		(OLDPWD|OPTARG|OPTIND|PWD|TMOUT|TTY) ;;
		(ZSH_ARGZERO|ZSH_EXECUTION_STRING|ZSH_NAME|ZSH_PATCHLEVEL|ZSH_SCRIPT|ZSH_VERSION) ;;
		(chpwd_functions|periodic_functions|precmd_functions|preexec_functions) ;;
		(zshaddhistory_functions|zshexit_functions) ;;
		(*) _env_xpool_names+=("variable:$_env_xpool_name") ;;
		esac
	done
	for _env_xpool_name in "${(@k)functions}"; do
		case $_env_xpool_name in
		(_xpool*|command_not_found_handler|TRAP[A-Z]*) ;;
		(chpwd|periodic|precmd|preexec|zshaddhistory|zshexit) ;;
		(*=*) ;; # zsh takes it for an assignment when asked to print it
		(*) _env_xpool_names+=("function:$_env_xpool_name") ;;
		esac
	done
	for _env_xpool_name in "${(@k)aliases}" "${(@k)galiases}" "${(@k)saliases}"; do
		_env_xpool_names+=("alias:$_env_xpool_name")
	done
}

# _env_xpool_want: sets _env_xpool_wanted, which is its caller's, to the names in
# XPOOL_ENV.
_env_xpool_want() {
	local _env_xpool_text=${(j: :)XPOOL_ENV}
	_env_xpool_wanted=(${(s: :)_env_xpool_text//[[:space:]]/ })
}

# _env_xpool_check: fails if a name in XPOOL_ENV is that of nothing.
_env_xpool_check() {
	emulate -L zsh +x
	local -a _env_xpool_names _env_xpool_wanted
	local _env_xpool_name
	integer _env_xpool_status=0
	_env_xpool_want
	((${#_env_xpool_wanted})) || return 0
	_env_xpool_list
	_env_xpool_names=("${(@)_env_xpool_names#*:}")
	for _env_xpool_name in ${_env_xpool_wanted:|_env_xpool_names}; do
		print -ru2 -- "env_xpool: XPOOL_ENV: there is no function, variable or alias $_env_xpool_name to hand over"
		_env_xpool_status=1
	done
	return _env_xpool_status
}

# _env_xpool_select: sets _env_xpool_names, which is its caller's, to those that are
# asked for.
_env_xpool_select() {
	local -a _env_xpool_wanted
	_env_xpool_list
	_env_xpool_want
	if ((${#_env_xpool_wanted})); then
		_env_xpool_wanted=({variable,function,alias}:${^_env_xpool_wanted})
		_env_xpool_names=("${(@)_env_xpool_names:*_env_xpool_wanted}")
	elif ((${#XPOOL_SESSION})); then
		_env_xpool_names=("${(@)_env_xpool_names:|XPOOL_SESSION}")
	fi
}

# _env_xpool_state: prints what makes another zsh like this one. It is for subshells
# only. The order counts: functions stand before the aliases, which they have gone
# through already, and are read with the options that they were written with.
_env_xpool_state() {
	local -A _env_xpool_opts
	_env_xpool_opts=("${(@kv)options[@]}")
	emulate zsh +x
	local -a _env_xpool_names _env_xpool_text
	local _env_xpool_set
	_env_xpool_select
	_env_xpool_set=$(_env_xpool_options)
	_env_xpool_text=("$(_env_xpool_modules)")
	_env_xpool_text+=("$(_env_xpool_variables "${(@)${(@M)_env_xpool_names:#variable:*}#*:}")")
	# By itself zsh has an alias or two, which could be in the way of functions.
	_env_xpool_text+=('unalias -a' "$_env_xpool_set" 'unsetopt aliases')
	_env_xpool_text+=("$(_env_xpool_functions "${(@)${(@M)_env_xpool_names:#function:*}#*:}")")
	if [[ $_env_xpool_opts[aliases] = on ]]; then
		_env_xpool_text+=("$(_env_xpool_aliases "${(@)${(@M)_env_xpool_names:#alias:*}#*:}")" 'setopt aliases')
	fi
	# An xpool that has ended already, for a wrong option say, has told why.
	print -rl -- "${_env_xpool_text[@]}" : 2>/dev/null
}

# _env_xpool_modules: prints what loads the modules, but for those that zsh loads by
# itself and those of an interactive shell, with no more of them than is in use.
_env_xpool_modules() {
	local _env_xpool_name _env_xpool_text
	for _env_xpool_name in "${(@k)modules[(R)loaded]}"; do
		case ${_env_xpool_name#zsh/} in
		(comp*|deltochar|main|newuser|parameter|rlimits|sched|termcap|terminfo|watch|zle*|zprof|zutil) ;;
		(*)
			_env_xpool_text=$(zmodload -FL -- "$_env_xpool_name" 2>/dev/null)
			print -r -- "${_env_xpool_text:-zmodload $_env_xpool_name}"
			;;
		esac
	done
}

# _env_xpool_variables NAME...: prints their declarations. An exported string is
# what the environment brings, and xpool may have given it another value.
_env_xpool_variables() {
	local _env_xpool_name
	local -a _env_xpool_whole
	for _env_xpool_name; do
		case $parameters[$_env_xpool_name] in
		(scalar-export|scalar-local-export|scalar-export-special|scalar-local-export-special) ;;
		(*) _env_xpool_whole+=("$_env_xpool_name") ;;
		esac
	done
	((${#_env_xpool_whole} == 0)) || typeset -p "${_env_xpool_whole[@]}" 2>/dev/null
}

# _env_xpool_functions NAME...: prints what defines them. One that zsh cannot read
# back is left out, as it would take all others along. Calls read aliases in what
# they evaluate, so none are to be on.
_env_xpool_functions() {
	(($#)) || return
	local _env_xpool_name _env_xpool_code
	_env_xpool_code=$(typeset -f -- "$@")
	if _env_xpool_parses "$_env_xpool_code"; then
		print -r -- "eval ${(qqqq)_env_xpool_code}"
		return
	fi
	for _env_xpool_name; do
		_env_xpool_code=$(typeset -f -- "$_env_xpool_name")
		if _env_xpool_parses "$_env_xpool_code"; then
			print -r -- "eval ${(qqqq)_env_xpool_code}"
		else
			print -ru2 -- "env_xpool: left out the function $_env_xpool_name, as zsh cannot read what it prints of it"
		fi
	done
}

# _env_xpool_parses CODE: tells whether a subshell can define what is in it.
_env_xpool_parses() (
	eval "$_env_xpool_set" && unsetopt aliases && eval "$1"
) >/dev/null 2>&1 </dev/null

# _env_xpool_aliases NAME...: prints what defines them.
_env_xpool_aliases() {
	local _env_xpool_name
	for _env_xpool_name; do
		((${+aliases[$_env_xpool_name]})) &&
			print -r -- "alias -- ${(qqqq):-$_env_xpool_name=$aliases[$_env_xpool_name]}"
		((${+galiases[$_env_xpool_name]})) &&
			print -r -- "alias -g -- ${(qqqq):-$_env_xpool_name=$galiases[$_env_xpool_name]}"
		((${+saliases[$_env_xpool_name]})) &&
			print -r -- "alias -s -- ${(qqqq):-$_env_xpool_name=$saliases[$_env_xpool_name]}"
	done
}

# _env_xpool_options: prints what sets the options as _env_xpool_opts has them, but for
# those that are set once and for all or only when interactive, would end or trace a
# worker, or warn of its own code.
_env_xpool_options() {
	local _env_xpool_name
	local -a _env_xpool_on _env_xpool_off
	for _env_xpool_name in "${(@k)_env_xpool_opts}"; do
		case $_env_xpool_name in
		(interactive|login|monitor|onecmd|privileged|restricted|shinstdin|singlecommand|stdin|zle) ;;
		(rcs|globalrcs) ;;
		(allexport|checkjobs|checkrunningjobs|cshjunkiequotes|debugbeforecmd|errexit|errreturn|exec) ;;
		(emacs|hup|ignoreeof|notify|printexitvalue|sourcetrace|verbose|vi|warn*|xtrace) ;;
		(hist*|inc*history*|sharehistory|correct*|*beep|autocontinue|autoresume|promptcr|promptsp) ;;
		(*)
			if [[ $_env_xpool_opts[$_env_xpool_name] = on ]]; then
				_env_xpool_on+=($_env_xpool_name)
			else
				_env_xpool_off+=($_env_xpool_name)
			fi
			;;
		esac
	done
	print -r -- "setopt ${(j: :)_env_xpool_on}"
	print -r -- "unsetopt ${(j: :)_env_xpool_off}"
}

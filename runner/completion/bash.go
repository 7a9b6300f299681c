package completion

import (
	"fmt"
	"strings"
)

// bashFrame is the script for bash. It works with bash alone; where
// bash-completion is there, its completions for the command that xpool is to run
// are used. A word such as --jobs=4 comes as three, as = and : break words there.
const bashFrame = `# Completion of xpool for bash. In ~/.bashrc: source <(xpool --completion bash)
_xpool() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev= opt= word i
	((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD-1]}
	COMPREPLY=()

	# Where the command begins: options stop at the first word that is none.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ ${COMP_WORDS[i+1]-} == = ]]; then
			((i += 2))
		else
			case $word in
				--) ((i++)); break ;;
				%s) ((i++)) ;;
				-?*) continue ;;
				*) break ;;
			esac
		fi
		opt=$word
		while [[ ${COMP_WORDS[i+1]-} == [:=] ]]; do
			((i += 2))
		done
	done

	if ((i < COMP_CWORD)); then
		if declare -F _comp_command_offset >/dev/null; then
			_comp_command_offset "$i"
		elif declare -F _command_offset >/dev/null; then
			_command_offset "$i"
		else
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		fi
		return
	fi

	((i > COMP_CWORD)) || opt=
	[[ $cur == = ]] && cur=
	case $opt in
		'') ;;
%s		*) return ;;
	esac

	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '%s' -- "$cur")
		[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
		return
	fi
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -c -f -- "$cur")
}
complete -F _xpool xpool
`

func bash(options []Option) string {
	var taking, all []string
	var values strings.Builder
	for _, o := range options {
		if o.Value != "" && !o.Optional {
			taking = append(taking, o.Names...)
		}
		for _, name := range o.Names {
			if long(name) {
				all = append(all, name)
			}
		}
		if by := bashValue(o); by != "" {
			fmt.Fprintf(&values, "\t\t%s)\n\t\t\t%s\n\t\t\treturn ;;\n", strings.Join(o.Names, "|"), by)
		}
	}
	return fmt.Sprintf(bashFrame, strings.Join(taking, "|"), values.String(), strings.Join(all, " "))
}

// bashPlace completes a place. What stands before a : comes as a word of its own; hosts
// are those that bash-completion knows, behind those that are there already.
const bashPlace = `local way=
			[[ $prev == : ]] && way=${COMP_WORDS[COMP_CWORD-2]}
			[[ $cur == : ]] && way=$prev cur=
			if [[ -z $way ]]; then
				compopt -o nospace
				mapfile -t COMPREPLY < <(compgen -W %s -- "$cur")
			elif [[ $way == ssh ]] && declare -F _known_hosts_real >/dev/null; then
				local host=${cur##*[,*]}
				_known_hosts_real -p "${cur%%"$host"}" -- "$host"
			fi`

// bashValue is the command that completes the value of an option, if any does.
func bashValue(o Option) string {
	const generate = `mapfile -t COMPREPLY < <(compgen %s -- "$cur")`
	switch how, list := o.completes(); how {
	case files:
		return "compopt -o filenames\n\t\t\t" + fmt.Sprintf(generate, "-f")
	case directories:
		return "compopt -o filenames\n\t\t\t" + fmt.Sprintf(generate, "-d")
	case commands:
		return fmt.Sprintf(generate, "-c")
	case places:
		return fmt.Sprintf(bashPlace, quote(strings.Join(list, " ")))
	case words:
		return fmt.Sprintf(generate, "-W "+quote(strings.Join(list, " ")))
	}
	return ""
}

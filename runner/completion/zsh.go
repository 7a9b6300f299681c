package completion

import (
	"fmt"
	"strings"
)

// zshFrame is the script for zsh: the function _xpool, and those that it needs, as a
// file of that name in fpath has it, or read at the start after compinit.
const zshFrame = `#compdef xpool
# Completion of xpool for zsh. Put it into a directory of fpath as _xpool, or in
# ~/.zshrc, after compinit: source <(xpool --completion zsh)
_xpool() {
	_arguments -s -S -A '-*' \
%s		'(-)1:command:_command_names -e' \
		'*::arguments:_normal'
}
_xpool_places() {
	if compset -P ssh:; then
		compset -P '*[,*]'
		_hosts
	elif [[ $PREFIX != *:* ]]; then
		compadd -S '' -- %s
	fi
}
if [ "$funcstack[1]" = _xpool ]; then
	_xpool "$@"
else
	compdef _xpool xpool
fi
`

func zsh(options []Option) string {
	var specs strings.Builder
	for _, o := range options {
		for _, name := range o.Names {
			fmt.Fprintf(&specs, "\t\t%s \\\n", quote(zshSpec(o, name)))
		}
	}
	return fmt.Sprintf(zshFrame, specs.String(), strings.Join(ways(), " "))
}

// zshSpec is what _arguments is told of an option: all of its names but a
// repeatable one's exclude each other.
func zshSpec(o Option, name string) string {
	escape := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)
	spec := name
	switch {
	case o.Value == "":
	case o.Optional:
		spec += "=-"
	case long(name):
		spec += "="
	default:
		spec += "+"
	}
	spec = "*" + spec + "[" + escape.Replace(o.Text) + "]"
	if o.Value == "" {
		return spec
	}
	if o.Optional {
		spec += ":"
	}
	return spec + ":" + escape.Replace(o.Value) + ":" + zshValue(o)
}

// zshValue is the action that completes the value of an option.
func zshValue(o Option) string {
	switch how, list := o.completes(); how {
	case files:
		return "_files"
	case directories:
		return "_files -/"
	case commands:
		return "_command_names -e"
	case places:
		return "_xpool_places"
	case words:
		escape := strings.NewReplacer(`\`, `\\`, ":", `\:`)
		return "(" + escape.Replace(strings.Join(list, " ")) + ")"
	}
	return " "
}

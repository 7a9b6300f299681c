package completion

import (
	"fmt"
	"strings"
)

// fishFrame is the script for fish. What follows the options is completed as if it
// stood alone.
const fishFrame = `# Completion of xpool for fish. In config.fish: xpool --completion fish | source
# or in ~/.config/fish/completions/xpool.fish.
function __fish_xpool_at_options
	set -l words (commandline -opc)
	set -e words[1]
	set -l skip 0
	for word in $words
		if test $skip = 1
			set skip 0
			continue
		end
		switch $word
			case --
				return 1
			case %s
				set skip 1
			case '-?*'
			case '*'
				return 1
		end
	end
	return 0
end
function __fish_xpool_command
	set -l words (commandline -opc) (commandline -ct)
	set -e words[1]
	while set -q words[1]
		switch $words[1]
			case --
				set -e words[1]
				break
			case %s
				set -e words[1]
			case '-?*'
			case '*'
				break
		end
		set -e words[1]
	end
	complete -C"$words"
end
function __fish_xpool_places
	set -l before (string replace -r '^--on=' '' -- (commandline -ct) | string match -r '^ssh:(?:.*[,*])?')
	if test -n "$before"
		printf '%%s\n' $before(__fish_print_hostnames)
	else
		printf '%%s\n' %s
	end
end
complete -c xpool -e
complete -c xpool -f
complete -c xpool -n 'not __fish_xpool_at_options' -a '(__fish_xpool_command)'
complete -c xpool -n '__fish_xpool_at_options; and not string match -q -- "-*" (commandline -ct)' -a '(__fish_complete_command)'
%s`

func fish(options []Option) string {
	var taking []string
	var lines strings.Builder
	for _, o := range options {
		if o.Value != "" && !o.Optional {
			taking = append(taking, o.Names...)
		}
		lines.WriteString("complete -c xpool -n __fish_xpool_at_options")
		for _, name := range o.Names {
			if long(name) {
				fmt.Fprintf(&lines, " -l %s", name[2:])
			} else {
				fmt.Fprintf(&lines, " -s %s", name[1:])
			}
		}
		fmt.Fprintf(&lines, "%s -d %s\n", fishValue(o), fishQuote(o.Text))
	}
	list := strings.Join(taking, " ")
	return fmt.Sprintf(fishFrame, list, list, strings.Join(ways(), " "), lines.String())
}

// fishValue are the options of complete that say how a value is completed.
func fishValue(o Option) string {
	if o.Value == "" {
		return ""
	}
	must := " -r"
	if o.Optional {
		must = ""
	}
	switch how, list := o.completes(); how {
	case files:
		return must + " -F"
	case directories:
		return must + " -f -a '(__fish_complete_directories)'"
	case commands:
		return must + " -f -a '(__fish_complete_command)'"
	case places:
		return must + " -f -a '(__fish_xpool_places)'"
	case words:
		return must + " -f -a " + fishQuote(strings.Join(list, " "))
	}
	return must + " -f"
}

func fishQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}

package jobserver

import (
	"strconv"
	"strings"
)

// The environment variables in which programs look for a jobserver. In CARGO_MAKEFLAGS is that of cargo, which is taken
// if there is none in make's own.
const (
	makeFlags      = "MAKEFLAGS"
	oldFlags       = "MFLAGS"
	cargoMakeFlags = "CARGO_MAKEFLAGS"
)

// auth is where a jobserver is to be found. The zero value is none that can be reached.
type auth struct {
	read, write int    // descriptors of a pipe; negative: closed by the parent, 0: none
	path        string // of a fifo; "" is none
}

// The options by which make tells its children of the jobserver; the second is that of make before 4.2.
const (
	authOption = "--jobserver-auth="
	fdsOption  = "--jobserver-fds="
	fifoPrefix = "fifo:"
)

// parseAuth reads the value of an option. What is of no known style, as the semaphores of make on Windows, is the zero
// value.
func parseAuth(s string) auth {
	if path, ok := strings.CutPrefix(s, fifoPrefix); ok {
		return auth{path: path}
	}
	first, second, _ := strings.Cut(s, ",")
	read, err := strconv.Atoi(first)
	if err != nil {
		return auth{}
	}
	write, err := strconv.Atoi(second)
	if err != nil {
		return auth{}
	}
	return auth{read: read, write: write}
}

// String is the value of the option.
func (a auth) String() string {
	if a.path != "" {
		return fifoPrefix + escape(a.path)
	}
	return strconv.Itoa(a.read) + "," + strconv.Itoa(a.write)
}

// options are those for a variable of make's. The older one is there for makes that know no other; newer ones know both.
func (a auth) options(jobs int) string {
	s := "-j" + strconv.Itoa(jobs)
	if a.path == "" {
		s += " " + fdsOption + a.String()
	}
	return s + " " + authOption + a.String()
}

// flags are what a variable says of a jobserver.
type flags struct {
	auth auth
	told bool // there is to be a jobserver
	jobs int  // of its slots, 0 if that is not said
}

// parseFlags reads the value of a variable as make writes it: options, of which the last of a kind counts, up to the word
// "--", behind which are definitions of variables.
func parseFlags(value string) (f flags) {
	for start, end := range words(value) {
		switch word := unescape(value[start:end]); {
		case word == "--":
			return f
		case strings.HasPrefix(word, authOption), strings.HasPrefix(word, fdsOption):
			f.auth, f.told = parseAuth(word[strings.Index(word, "=")+1:]), true
		case strings.HasPrefix(word, "-j"):
			n, err := strconv.Atoi(word[len("-j"):])
			if err != nil || n < 0 {
				n = 0
			}
			f.jobs = n
		}
	}
	return f
}

// words yields where the words of a value begin and end. They stand between blanks; a backslash takes the meaning from
// the character behind it.
func words(s string) func(yield func(start, end int) bool) {
	return func(yield func(start, end int) bool) {
		for i := 0; i < len(s); {
			if isBlank(s[i]) {
				i++
				continue
			}
			start := i
			for ; i < len(s) && !isBlank(s[i]); i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
			}
			if !yield(start, i) {
				return
			}
		}
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// unescape returns what a word stands for.
func unescape(word string) string {
	if !strings.Contains(word, `\`) {
		return word
	}
	b := make([]byte, 0, len(word))
	for i := 0; i < len(word); i++ {
		if word[i] == '\\' && i+1 < len(word) {
			i++
		}
		b = append(b, word[i])
	}
	return string(b)
}

// escape is the opposite of unescape.
func escape(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if isBlank(s[i]) || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}

// editFlags returns value with each option up to "--" replaced by what edit makes of it, which gets the word as it is
// written and what that stands for; "" drops it. If add is not empty, it is put behind the options.
func editFlags(value string, edit func(word, plain string) string, add string) string {
	var kept []string
	rest := ""
	for start, end := range words(value) {
		word := value[start:end]
		plain := unescape(word)
		if plain == "--" {
			rest = " " + value[start:]
			break
		}
		if end == len(value) && (len(word)-len(strings.TrimRight(word, `\`)))%2 == 1 {
			word += `\` // what follows is none of its business
		}
		if word = edit(word, plain); word != "" {
			kept = append(kept, word)
		}
	}
	if add != "" {
		kept = append(kept, add)
	}
	head := strings.Join(kept, " ")
	if strings.HasPrefix(head, "-") { // a first word without a blank before it is one of single letters
		head = " " + head
	}
	return head + rest
}

// moved returns value with one jobserver's descriptors in place of another's.
func moved(value string, from, to auth) string {
	return editFlags(value, func(word, plain string) string {
		for _, option := range []string{authOption, fdsOption} {
			if v, ok := strings.CutPrefix(plain, option); ok && parseAuth(v) == from {
				return option + to.String()
			}
		}
		return word
	}, "")
}

// served returns value with a jobserver of ours instead of what it said.
func served(value string, a auth, jobs int) string {
	return editFlags(value, func(word, plain string) string {
		if strings.HasPrefix(plain, "-j") || strings.HasPrefix(plain, authOption) || strings.HasPrefix(plain, fdsOption) {
			return ""
		}
		return word
	}, a.options(jobs))
}

// lookUp returns the value of a variable, the last one of its name.
func lookUp(env []string, name string) (value string, ok bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if v, is := strings.CutPrefix(env[i], name+"="); is {
			return v, true
		}
	}
	return "", false
}

package runner

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"xpool/runner/getopt"
)

const manualFile = "../man/xpool.1"

// docOption is an option as a text documents it.
type docOption struct {
	group  string   // the heading above it; "" for those that stand apart
	names  []string // "-j" and "--jobs", in the order of the text
	values []string // of each name: "FILE", "[MODE]"; "" if it shows none
	text   string   // all that is said of it
}

// value is what the option takes, which not every one of its names has to show.
func (o docOption) value() string { return slices.Max(o.values) }

// kind is the kind of argument that name i is documented with. As in the help of
// GNU programs, "-n, --max-args=N" says that both take N.
func (o docOption) kind(i int) getopt.ArgKind {
	value := o.values[i]
	if value == "" {
		value = o.values[len(o.values)-1]
	}
	switch {
	case value == "":
		return getopt.None
	case value[0] == '[':
		return getopt.Optional
	default:
		return getopt.Required
	}
}

// helpOptions returns the options that the text of --help lists. An entry is
// indented by less than its explanation; a line at the margin is a heading.
func helpOptions(t *testing.T, text string) []docOption {
	t.Helper()
	entry := regexp.MustCompile(`^ {2,6}(-.*?)(?: {2,}(.*))?$`)
	form := regexp.MustCompile(`^(--[a-z][a-z-]*|-.)(.*)$`)
	var options []docOption
	group := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		m := entry.FindStringSubmatch(line)
		switch {
		case line == "":
			group = ""
		case line[0] != ' ':
			group, _, _ = strings.Cut(strings.TrimSuffix(line, ":"), " (")
		case m != nil:
			o := docOption{group: group, text: m[2]}
			for _, f := range strings.Split(m[1], ", ") {
				parts := form.FindStringSubmatch(f)
				if parts == nil {
					t.Fatalf("%q is no option", f)
				}
				o.names = append(o.names, parts[1])
				o.values = append(o.values, strings.TrimLeft(strings.Replace(parts[2], "[=", "[", 1), " ="))
			}
			options = append(options, o)
		case len(options) > 0 && strings.HasPrefix(line, strings.Repeat(" ", 20)):
			options[len(options)-1].text += " " + strings.TrimSpace(line)
		}
	}
	if len(options) == 0 {
		t.Fatal("--help lists no options")
	}
	return options
}

// manualOptions returns the options that a section of the manual lists.
func manualOptions(t *testing.T, manual []string, section string) []docOption {
	t.Helper()
	var options []docOption
	group := ""
	for _, line := range manualSection(t, manual, section) {
		macro, rest, _ := strings.Cut(line, " ")
		switch {
		case macro == ".Ss":
			group = rest
		case macro == ".It" && strings.HasPrefix(rest, "Fl "):
			options = append(options, manualOption(group, rest))
		case len(options) > 0:
			options[len(options)-1].text += " " + line
		}
	}
	if len(options) == 0 {
		t.Fatalf("the manual lists no options in %s", section)
	}
	return options
}

// manualOption reads the arguments of .It: "Fl d Ar c , Fl Fl delimiter Ar c".
func manualOption(group, args string) docOption {
	o := docOption{group: group}
	for form := range strings.SplitSeq(args, " , ") {
		words := strings.Fields(form)
		dashes := "-"
		if words = words[1:]; words[0] == "Fl" {
			dashes, words = "--", words[1:]
		}
		value := ""
		if i := slices.Index(words, "Ar"); i >= 0 && i+1 < len(words) {
			value = strings.ToUpper(words[i+1])
			if slices.Contains(words, "Oo") {
				value = "[" + value + "]"
			}
		}
		o.names = append(o.names, dashes+words[0])
		o.values = append(o.values, value)
	}
	return o
}

// readManual returns the lines of the manual xpool(1).
func readManual(t *testing.T) []string {
	t.Helper()
	return readLines(t, manualFile)
}

// readLines returns the lines of a file.
func readLines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// manualSection returns the lines of a section, without its heading.
func manualSection(t *testing.T, manual []string, name string) []string {
	t.Helper()
	start := slices.Index(manual, ".Sh "+name)
	if start < 0 {
		t.Fatalf("the manual has no section %s", name)
	}
	rest := manual[start+1:]
	if end := slices.IndexFunc(rest, func(l string) bool { return strings.HasPrefix(l, ".Sh ") }); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

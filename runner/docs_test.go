package runner

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"

	"xpool/crashdetect"
)

// The flags, --help and the manual say the same thing three times. The tests in
// this file hold them together.

const manualFile = "../man/xpool.1"

// docOption is an option as a text documents it.
type docOption struct {
	group string   // the heading above it; "" for those that stand apart
	names []string // "-j" and "--jobs", in the order of the text
	value string   // "", "FILE", "[MODE]"
	text  string   // all that is said of it
}

// TestDocsOptions holds the options of --help and of the manual to the flags.
func TestDocsOptions(t *testing.T) {
	o := defaultOptions()
	flags := newFlags(&o)
	help, manual := helpOptions(t, helpText), manualOptions(t, readManual(t))
	checkOptions(t, "--help", help, flags)
	checkOptions(t, "the manual", manual, flags)
	if len(help) != len(manual) {
		t.Fatalf("--help has %d entries, the manual %d", len(help), len(manual))
	}
	for i, h := range help {
		m := manual[i]
		if !slices.Equal(h.names, m.names) {
			t.Errorf("entry %d is %q in --help, and %q in the manual", i+1, h.names, m.names)
		}
		if h.value != m.value {
			t.Errorf("%s has the value %q in --help, and %q in the manual", h.names[0], h.value, m.value)
		}
		if h.group != "" && h.group != m.group {
			t.Errorf("%s is under %q in --help, and under %q in the manual", h.names[0], h.group, m.group)
		}
	}
}

// checkOptions reports flags that a text lacks, and options that are no flags.
func checkOptions(t *testing.T, where string, options []docOption, flags *pflag.FlagSet) {
	t.Helper()
	lacking := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) {
		lacking["--"+f.Name] = true
		if f.Shorthand != "" {
			lacking["-"+f.Shorthand] = true
		}
	})
	for _, o := range options {
		for _, name := range o.names {
			f := findFlag(flags, name)
			if f == nil {
				t.Errorf("%s has %s, which is no flag", where, name)
				continue
			}
			if !lacking[name] {
				t.Errorf("%s has %s twice", where, name)
			}
			delete(lacking, name)
			checkOption(t, where, o, f)
		}
	}
	for name := range lacking {
		t.Errorf("%s lacks %s", where, name)
	}
}

// checkOption holds what a text says of a flag's value to the flag.
func checkOption(t *testing.T, where string, o docOption, f *pflag.Flag) {
	t.Helper()
	isSwitch := f.Value.Type() == "bool"
	optional := !isSwitch && f.NoOptDefVal != ""
	if takes := o.value != ""; takes == isSwitch {
		t.Errorf("%s shows the value %q for --%s, which is a %s", where, o.value, f.Name, f.Value.Type())
	}
	if strings.HasPrefix(o.value, "[") != optional {
		t.Errorf("%s shows the value %q for --%s; optional: %v", where, o.value, f.Name, optional)
	}
	switch f.DefValue {
	case "", "false", "[]", "0s": // nothing that a reader would miss
	case `\n`: // the text about records says it
	default:
		if !strings.Contains(o.text, f.DefValue) {
			t.Errorf("%s does not say that the default of --%s is %s", where, f.Name, f.DefValue)
		}
	}
}

// findFlag returns the flag with a name such as "-j" or "--jobs", or nil.
func findFlag(flags *pflag.FlagSet, name string) *pflag.Flag {
	if long, ok := strings.CutPrefix(name, "--"); ok {
		return flags.Lookup(long)
	}
	if short := strings.TrimPrefix(name, "-"); len(short) == 1 {
		return flags.ShorthandLookup(short)
	}
	return nil
}

// helpOptions returns the options that the text of --help lists. An entry is
// indented by less than its explanation; a line at the margin is a heading.
func helpOptions(t *testing.T, text string) []docOption {
	t.Helper()
	entry := regexp.MustCompile(`^ {2,6}(-.*?)(?: {2,}(.*))?$`)
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
			for _, form := range strings.Split(m[1], ", ") {
				name, value := cutHelpForm(form)
				o.names = append(o.names, name)
				o.value = max(o.value, value)
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

// cutHelpForm splits "--jobs N" and "--progress[=MODE]" into name and value.
func cutHelpForm(form string) (name, value string) {
	if name, rest, ok := strings.Cut(form, "[="); ok {
		return name, "[" + rest
	}
	name, value, _ = strings.Cut(form, " ")
	return name, value
}

// manualOptions returns the entries of the section OPTIONS.
func manualOptions(t *testing.T, manual []string) []docOption {
	t.Helper()
	var options []docOption
	group := ""
	for _, line := range manualSection(t, manual, "OPTIONS") {
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
		t.Fatal("the manual lists no options")
	}
	return options
}

// manualOption reads the arguments of .It: "Fl d Ar c , Fl Fl delimiter Ar c".
func manualOption(group, args string) docOption {
	o := docOption{group: group}
	words := strings.Fields(args)
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "Fl":
			dashes := "-"
			if i+1 < len(words) && words[i+1] == "Fl" {
				dashes = "--"
				i++
			}
			if i+1 < len(words) {
				i++
				o.names = append(o.names, dashes+words[i])
			}
		case "Ar":
			if i+1 < len(words) {
				i++
				value := strings.ToUpper(words[i])
				if slices.Contains(words, "Oo") {
					value = "[" + value + "]"
				}
				o.value = value
			}
		}
	}
	return o
}

// TestDocsMentions looks at every option that is written anywhere in the two
// texts: in the manual, .Fl is for options of xpool only, and its examples call
// nothing else that has long ones.
func TestDocsMentions(t *testing.T) {
	o := defaultOptions()
	flags := newFlags(&o)
	long := regexp.MustCompile(`(?:^|[^-\w])(--[a-z][a-z-]*)`)
	for line := range strings.Lines(helpText) {
		for _, m := range long.FindAllStringSubmatch(line, -1) {
			if findFlag(flags, m[1]) == nil {
				t.Errorf("--help mentions %s, which is no flag, in %q", m[1], line)
			}
		}
	}
	fl := regexp.MustCompile(`(?:^\.|\s)Fl (Fl )?([^\s]+)`)
	for n, line := range readManual(t) {
		var names []string
		if strings.HasPrefix(line, ".") {
			for _, m := range fl.FindAllStringSubmatch(line, -1) {
				names = append(names, "-"+strings.Repeat("-", len(m[1])/3)+m[2])
			}
		} else {
			for _, m := range long.FindAllStringSubmatch(strings.ReplaceAll(line, `\-`, "-"), -1) {
				names = append(names, m[1])
			}
		}
		for _, name := range names {
			if findFlag(flags, name) == nil {
				t.Errorf("%s:%d: %s is no flag", manualFile, n+1, name)
			}
		}
	}
}

// TestDocsStatus holds the manual's table of exit statuses to the one of Status,
// and both to what tasks can earn.
func TestDocsStatus(t *testing.T) {
	want := statusTable(t)
	got := map[string]string{}
	code := ""
	for _, line := range manualSection(t, readManual(t), "EXIT STATUS") {
		if item, ok := strings.CutPrefix(line, ".It "); ok {
			code = item
		} else if code != "" && !strings.HasPrefix(line, ".") {
			got[code] += line + " "
		}
	}
	for code, text := range got {
		sentence, _, _ := strings.Cut(text, ". ") // what follows explains
		got[code] = strings.ToLower(sentence[:1]) + sentence[1:]
	}
	if !maps.Equal(want, got) {
		t.Errorf("the exit statuses are\n%q in status.go,\n%q in the manual", want, got)
	}

	_, text, ok := strings.Cut(helpText, "\nExit status: ")
	if !ok {
		t.Fatal("--help has no exit statuses")
	}
	text, _, _ = strings.Cut(text, "\n\n")
	inHelp := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		inHelp[strings.Fields(part)[0]] = true
	}
	for code := range want {
		if !inHelp[code] {
			t.Errorf("--help lacks the exit status %s", code)
		}
		delete(inHelp, code)
	}
	for code := range inHelp {
		t.Errorf("--help has an exit status %q that status.go has not", code)
	}

	for kind := crashdetect.OK; kind <= crashdetect.Stopped; kind++ {
		for _, exit := range []int{1, 126, 127, 255} {
			v := crashdetect.Verdict{Kind: kind, Code: exit, Exited: true}
			if s := strconv.Itoa(v.ExitStatus()); want[s] == "" {
				t.Errorf("a task that ended with %q earns the exit status %s, which is not in the table", v, s)
			}
		}
	}
	if got := endedBy(syscall.SIGINT).Code; got != 130 {
		t.Errorf("SIGINT gives %d, want 128+2", got)
	}
}

// statusTable returns the table in the comment of Status, by code.
func statusTable(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "status.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`^\t(\d+(?:\+N)?) +(.*)$`)
	table := map[string]string{}
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE && d.Doc != nil {
			for line := range strings.SplitSeq(d.Doc.Text(), "\n") {
				if m := row.FindStringSubmatch(line); m != nil {
					table[m[1]] = m[2]
				}
			}
		}
	}
	if len(table) == 0 {
		t.Fatal("status.go has no table of exit statuses")
	}
	return table
}

// TestDocsReplacements compares the replacement strings that are documented with
// those that are known.
func TestDocsReplacements(t *testing.T) {
	var manual []string
	for _, line := range manualSection(t, readManual(t), "REPLACEMENT STRINGS") {
		if item, ok := strings.CutPrefix(line, ".It "); ok {
			manual = append(manual, strings.TrimPrefix(item, "Li "))
		}
	}
	_, text, _ := strings.Cut(helpText, "\nCommand ")
	text, _, _ = strings.Cut(text, "\n\n")
	help := regexp.MustCompile(`\{[^a-z\s]*\}`).FindAllString(text, -1)
	slices.Sort(manual)
	slices.Sort(help)
	if !slices.Equal(manual, help) {
		t.Errorf("the replacement strings are %q in the manual, %q in --help", manual, help)
	}
	known := map[any]string{}
	for _, s := range manual {
		tokens := standardSet().Scan(s)
		if len(tokens) != 1 || tokens[0].End-tokens[0].Start != len(s) {
			t.Errorf("%s is documented and is no replacement string", s)
			continue
		}
		if twin := known[tokens[0].Rep]; twin != "" {
			t.Errorf("%s and %s mean the same", s, twin)
		}
		known[tokens[0].Rep] = s
	}
}

// TestDocsEnvironment compares the environment variables of the two texts.
func TestDocsEnvironment(t *testing.T) {
	variable := regexp.MustCompile(`XPOOL_[A-Z]+|TMPDIR`)
	find := func(text string) []string {
		found := variable.FindAllString(text, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	_, text, ok := strings.Cut(helpText, "\nEnvironment: ")
	if !ok {
		t.Fatal("--help says nothing of the environment")
	}
	text, _, _ = strings.Cut(text, "\n\n")
	help, manual := find(text), find(strings.Join(manualSection(t, readManual(t), "ENVIRONMENT"), "\n"))
	if !slices.Equal(help, manual) {
		t.Errorf("the environment is %q in --help, %q in the manual", help, manual)
	}
}

// readManual returns the lines of the manual.
func readManual(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(manualFile)
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

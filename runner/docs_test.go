package runner

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"

	"xpool/crashdetect"
	"xpool/runner/getopt"
	"xpool/runner/template"
)

// The flags, --help and the manual say the same thing three times, and what is
// said of xargs stands in three places too. The tests in this file hold them
// together; docs_text_test.go reads the texts.

// TestDocsOptions holds the options of --help and of the manual to the flags.
func TestDocsOptions(t *testing.T) {
	o := defaultOptions()
	flags := newFlags(&o)
	help, manual := helpOptions(t, helpText), manualOptions(t, readManual(t), "OPTIONS")
	checkOptions(t, "--help", help, flags)
	checkOptions(t, "the manual", manual, flags)
	compareOptions(t, help, manual)
}

// compareOptions holds the entries of --help and of the manual to each other.
func compareOptions(t *testing.T, help, manual []docOption) {
	t.Helper()
	if len(help) != len(manual) {
		t.Fatalf("--help has %d entries, the manual %d", len(help), len(manual))
	}
	for i, h := range help {
		m := manual[i]
		if !slices.Equal(h.names, m.names) {
			t.Errorf("entry %d is %q in --help, and %q in the manual", i+1, h.names, m.names)
		}
		if h.value() != m.value() {
			t.Errorf("%s has the value %q in --help, and %q in the manual", h.names[0], h.value(), m.value())
		}
		if h.group != "" && h.group != m.group {
			t.Errorf("%s is under %q in --help, and under %q in the manual", h.names[0], h.group, m.group)
		}
	}
}

// TestDocsXargs holds the help and the manual of xargs to its table of options.
func TestDocsXargs(t *testing.T) {
	help := helpOptions(t, xargsHelpText("xargs"))
	manual := manualOptions(t, readManual(t), "AS XARGS")
	want := map[string]getopt.ArgKind{}
	for _, o := range xargsTable() {
		if o.Long != "" {
			want["--"+o.Long] = o.Arg
		}
		if o.Short != 0 {
			want["-"+string(rune(o.Short))] = o.Arg
		}
	}
	checkKinds(t, "xargs --help", help, want)
	checkKinds(t, "the manual", manual, want)
	compareOptions(t, help, manual)
}

// checkKinds reports options that a text lacks, that it makes up, or that take
// another kind of argument than it shows.
func checkKinds(t *testing.T, where string, options []docOption, want map[string]getopt.ArgKind) {
	t.Helper()
	got := map[string]getopt.ArgKind{}
	for _, o := range options {
		for i, name := range o.names {
			if _, ok := got[name]; ok {
				t.Errorf("%s has %s twice", where, name)
			}
			got[name] = o.kind(i)
		}
	}
	for name, kind := range want {
		if k, ok := got[name]; !ok {
			t.Errorf("%s lacks %s", where, name)
		} else if k != kind {
			t.Errorf("%s shows an argument of kind %d for %s, whose kind is %d", where, k, name, kind)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s has %s, which is no option", where, name)
		}
	}
}

// checkOptions reports flags that a text lacks, and options that are no flags.
func checkOptions(t *testing.T, where string, options []docOption, flags *pflag.FlagSet) {
	t.Helper()
	lacking := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) {
		if !isShortOnly(f) {
			lacking["--"+f.Name] = true
		}
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
	value := o.value()
	if takes := value != ""; takes == isSwitch {
		t.Errorf("%s shows the value %q for --%s, which is a %s", where, value, f.Name, f.Value.Type())
	}
	if strings.HasPrefix(value, "[") != optional {
		t.Errorf("%s shows the value %q for --%s; optional: %v", where, value, f.Name, optional)
	}
	switch f.DefValue {
	case "", "false", "[]", "0", "0s": // nothing that a reader would miss
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
		if f := flags.Lookup(long); f != nil && !isShortOnly(f) {
			return f
		}
		return nil
	}
	if short := strings.TrimPrefix(name, "-"); len(short) == 1 {
		return flags.ShorthandLookup(short)
	}
	return nil
}

// isShortOnly tells whether a flag has no long form: pflag wants a name for each,
// and what shortOnly gives such a one is no name for people.
func isShortOnly(f *pflag.Flag) bool { return f.Hidden && f.Name == f.Shorthand }

// TestDocsMentions looks at every option that is written anywhere in the texts.
func TestDocsMentions(t *testing.T) {
	o := defaultOptions()
	flags := newFlags(&o)
	for line := range strings.Lines(helpText + parallelHelpText("parallel")) {
		for _, name := range longOptions(line) {
			if findFlag(flags, name) == nil {
				t.Errorf("--help mentions %s, which is no flag, in %q", name, line)
			}
		}
	}
	for _, file := range []string{manualFile, workerManualFile} {
		checkMentions(t, file, flags)
	}
}

// longOptions returns what looks like long options in a line.
func longOptions(line string) (names []string) {
	long := regexp.MustCompile(`(?:^|[^-\w])(--[a-z][a-z-]*)`)
	for _, m := range long.FindAllStringSubmatch(line, -1) {
		names = append(names, m[1])
	}
	return names
}

// checkMentions looks at the options in a manual: .Fl is for options of xpool only, or
// for those of xargs in the section about it, and its examples call nothing else that
// has long ones.
func checkMentions(t *testing.T, file string, flags *pflag.FlagSet) {
	t.Helper()
	fl := regexp.MustCompile(`(?:^\.|\s)Fl (Fl )?([^\s]+)`)
	section := ""
	for n, line := range readLines(t, file) {
		if heading, ok := strings.CutPrefix(line, ".Sh "); ok {
			section = heading
		}
		names := longOptions(strings.ReplaceAll(line, `\-`, "-"))
		if strings.HasPrefix(line, ".") {
			names = nil
			for _, m := range fl.FindAllStringSubmatch(line, -1) {
				names = append(names, "-"+strings.Repeat("-", len(m[1])/3)+m[2])
			}
		}
		for _, name := range names {
			known := findFlag(flags, name) != nil
			if section == "AS XARGS" && strings.HasPrefix(line, ".") {
				known = isXargsOption(name)
			}
			if strings.HasPrefix(line, ".It Ic env_xpool") { // a shell function with options of its own
				known = true
			}
			if !known {
				t.Errorf("%s:%d: %s is no option", file, n+1, name)
			}
		}
	}
}

// isXargsOption tells whether xargs has an option of a name such as "-j" or
// "--jobs".
func isXargsOption(name string) bool {
	return slices.ContainsFunc(xargsTable(), func(o getopt.Option) bool {
		return o.Long != "" && name == "--"+o.Long || o.Short != 0 && name == "-"+string(rune(o.Short))
	})
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
	standard, plus := manualReplacements(t)
	_, text, _ := strings.Cut(helpText, "\nReplacement strings ")
	text, _, _ = strings.Cut(text, ";") // what follows explains
	help := regexp.MustCompile(`\{[^a-z\s]*\}`).FindAllString(text, -1)
	slices.Sort(help)
	if !slices.Equal(slices.Sorted(slices.Values(standard)), help) {
		t.Errorf("the replacement strings are %q in the manual, %q in --help", standard, help)
	}
	checkReplacements(t, template.Set{}, standard)
	set, err := template.New(template.Config{Plus: true})
	if err != nil {
		t.Fatal(err)
	}
	checkReplacements(t, set, plus)
	for _, s := range plus {
		if tokens := (template.Set{}).Scan(s); len(tokens) > 0 && tokens[0].End == len(s) {
			t.Errorf("%s needs no --plus", s)
		}
	}
}

// manualReplacements returns the replacement strings that the manual lists: those
// that are always there, and those of --plus.
func manualReplacements(t *testing.T) (standard, plus []string) {
	t.Helper()
	list := &standard
	for _, line := range manualSection(t, readManual(t), "REPLACEMENT STRINGS") {
		if line == ".Ss With --plus" {
			list = &plus
		}
		if items, ok := strings.CutPrefix(line, ".It Li "); ok {
			*list = append(*list, strings.Split(items, " , ")...)
		}
	}
	return standard, plus
}

// checkReplacements holds that each text is a replacement string of the set, and no
// two of them the same.
func checkReplacements(t *testing.T, set template.Set, texts []string) {
	t.Helper()
	known := map[any]string{}
	for _, s := range texts {
		tokens := set.Scan(s)
		if len(tokens) != 1 || tokens[0].End-tokens[0].Start != len(s) || tokens[0].Err != nil {
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

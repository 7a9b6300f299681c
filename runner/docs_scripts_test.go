package runner

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocsTried holds that scripts use every name of every option that --help
// lists; of one with a long name, its short names need not stand by themselves.
func TestDocsTried(t *testing.T) {
	tried := scriptText(t)
	options := slices.Concat(helpOptions(t, helpText), helpOptions(t, xargsHelpText("xargs")))
	for _, o := range options {
		long := slices.ContainsFunc(o.names, func(n string) bool { return strings.HasPrefix(n, "--") })
		for _, name := range o.names {
			if long && !strings.HasPrefix(name, "--") {
				continue
			}
			word := regexp.MustCompile(`(?m)(?:^|[\s'"])` + regexp.QuoteMeta(name) + `(?:[\s'"=]|$)`)
			if len(name) == len("-a") { // values and other options may follow
				word = regexp.MustCompile(`(?m)[\s'"]-[a-zA-Z0-9]*` + regexp.QuoteMeta(name[1:]))
			}
			if !word.MatchString(tried) {
				t.Errorf("%s is in no script", name)
			}
		}
	}
}

// scriptText returns the scripts in testdata, without their comments.
func scriptText(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "testdata", "script", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var b strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A manualCase is a paragraph of testdata/parallel, whose head tells what they are.
type manualCase struct {
	line    int // where the paragraph begins
	section string
	script  string
	ordered bool
	timed   bool
	late    bool
	differs string // why, or ""
	out     string // why, or ""
}

// name is that of the case's test.
func (c manualCase) name() string { return fmt.Sprintf("line%d", c.line) }

// filesSection is the section that makes files for the other cases.
const filesSection = "files"

// readManual reads a file of testdata/parallel.
func readManual(t *testing.T, name string) []manualCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "parallel", name))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := parseManual(string(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cases
}

// parseManual reads the cases in text. What stands before the first section is for
// people.
func parseManual(text string) (cases []manualCase, err error) {
	line, section := 1, ""
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		c := manualCase{line: line}
		line += strings.Count(paragraph, "\n") + 2
		if title, ok := strings.CutPrefix(paragraph, "## "); ok {
			section = strings.TrimSpace(title)
			continue
		}
		if section == "" {
			continue
		}
		c.section = section
		if err := c.read(strings.TrimSpace(paragraph)); err != nil {
			return nil, fmt.Errorf("line %d: %w", c.line, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// read reads a paragraph.
func (c *manualCase) read(paragraph string) error {
	for {
		line, rest, _ := strings.Cut(paragraph, "\n")
		mark, ok := strings.CutPrefix(line, "> ")
		switch {
		case ok:
			if err := c.mark(mark); err != nil {
				return err
			}
		case !strings.HasPrefix(line, "# "):
			c.script = paragraph + "\n"
			if paragraph == "" {
				return fmt.Errorf("a case without a script")
			}
			return nil
		}
		paragraph = rest
	}
}

func (c *manualCase) mark(text string) error {
	word, why, _ := strings.Cut(text, " ")
	switch {
	case word == "ordered" && why == "":
		c.ordered = true
	case word == "timed" && why == "":
		c.timed = true
	case word == "late" && why == "":
		c.late = true
	case word == "differs" && why != "":
		c.differs = why
	case word == "out" && why != "":
		c.out = why
	default:
		return fmt.Errorf("%q is no mark, or lacks its reason", text)
	}
	return nil
}

func TestParseManual(t *testing.T) {
	got, err := parseManual("Head.\n\n## one\n\na\nb\n\n# hm\n> ordered\n> late\nc\n\n## two\n\n> out x y\nd\n")
	want := []manualCase{
		{line: 5, section: "one", script: "a\nb\n"},
		{line: 8, section: "one", script: "c\n", ordered: true, late: true},
		{line: 15, section: "two", script: "d\n", out: "x y"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"## a\n\n> out\nb\n", "## a\n\n> quick\nb\n", "## a\n\n> late\n"} {
		if got, err := parseManual(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

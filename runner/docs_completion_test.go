package runner

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"xpool/runner/completion"
)

// descriptionMost is how long the description of an option may be, in characters: a
// terminal of 100 columns has room for it behind most names.
const descriptionMost = 70

// brokenDescription says why a text does not stand alone, "" if it does.
func brokenDescription(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	isOne := func(word string, of ...string) bool { return slices.Contains(of, word) }
	switch {
	case !regexp.MustCompile(`^[A-Za-z]`).MatchString(text):
		return "it begins with no letter"
	case utf8.RuneCountInString(text) > descriptionMost:
		return "it is too long"
	case !regexp.MustCompile(`([\pL\pN}]|:::)$`).MatchString(text):
		return "it ends in the middle"
	case strings.Count(text, "(") != strings.Count(text, ")") || strings.Count(text, `"`)%2 != 0 || len(regexp.MustCompile(`\B'|'\B`).FindAllString(text, -1))%2 != 0:
		return "a parenthesis or a quotation is open"
	case isOne(words[0], "and", "or", "but", "it", "them", "none", "both"), strings.HasPrefix(text, "the same"):
		return "it goes on from something else"
	case isOne(words[len(words)-1], "a", "an", "the", "and", "or", "but", "of", "as", "to", "for", "with", "in", "by", "which", "that", "than", "from"):
		return "it leads to something else"
	}
	return ""
}

// TestDocsCompletion holds that what shells show of an option makes sense without what
// stands around it in --help.
func TestDocsCompletion(t *testing.T) {
	options := completion.Options(helpText)
	if len(options) < 100 {
		t.Fatalf("--help has %d options", len(options))
	}
	for _, o := range options {
		if why := brokenDescription(o.Text); why != "" {
			t.Errorf("%s: %q: %s", o.Names[0], o.Text, why)
		}
	}
}

func TestBrokenDescription(t *testing.T) {
	for text, broken := range map[string]bool{
		"run it": false, "STR in the place of {%}": false, "STR stands for :::": false, "bash's own": false, "of 'a b' and c": false,
		"": true, "--progress=bar": true, "at most N lines ...": true, "at most N,": true, "to N:": true, "as many as": true, "one of": true,
		"the same": true, "and so": true, "none": true, "f(x": true, `"io N`: true, "'{name": true, strings.Repeat("long ", 14) + "x": true,
	} {
		if why := brokenDescription(text); (why != "") != broken {
			t.Errorf("%q: %q", text, why)
		}
	}
}

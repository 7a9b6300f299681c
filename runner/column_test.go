package runner

import (
	"testing"

	"xpool/runner/template"
)

func TestMisspelt(t *testing.T) {
	columns := []string{"id", "name", "point", "first name", "extension"}
	set := template.Set{}.WithColumns(columns)
	for _, tt := range []struct{ text, typed, column string }{
		{"rm -rf out/{nmae}", "nmae", "name"},
		{"{name} {nam}", "nam", "name"},
		{"{nmae.} {nmae/} {nmae//} {nmae/.}", "nmae", "name"},
		{"{nmae/.}", "nmae", "name"},
		{"{nmae//}", "nmae", "name"},
		{"{frist name}", "frist name", "first name"},
		{"{extnesino}", "extnesino", "extension"},
		{"awk '{print} {print $1} {next}'", "", ""},
		{"${nmae} \"${nmae%x}\"", "", ""},
		{`\${nmae}`, "nmae", "name"},
		{"{name} {name.} {id} {1} {} {.} {#} {other}", "", ""},
		{"{name,nmae} {a..b} {ix} {", "", ""},
		{"{{nmae}}", "nmae", "name"},
		{"nmae", "", ""},
	} {
		if typed, column := misspelt(tt.text, set, columns); column != tt.column || column != "" && typed != tt.typed {
			t.Errorf("%s: %q for %q, want %q for %q", tt.text, column, typed, tt.column, tt.typed)
		}
	}
	if _, column := misspelt("{nmae}", template.Set{}, nil); column != "" {
		t.Errorf("%q of no columns", column)
	}
}

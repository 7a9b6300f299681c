package script

import (
	"errors"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// TestDepth holds that a script which would fill the stack is refused before it does.
func TestDepth(t *testing.T) {
	const size = 150_000
	tests := []struct{ begin, again, end string }{
		{"", "(", ""},
		{"echo ", "$(", ""},
		{"", "{ ", ""},
		{"", "f() ", ""},
		{"true", "&&true", ""},
		{"echo $((1", "+1", "))"},
	}
	for _, tt := range tests {
		src := tt.begin + strings.Repeat(tt.again, size/len(tt.again)) + tt.end
		_, err := parseShallow(syntax.NewParser(), src)
		if _, ok := errors.AsType[nestingError](err); !ok {
			t.Errorf("%s%s%s...: %v", tt.begin, tt.again, tt.again, err)
		}
	}
}

// TestLong holds that a script may be long, and have lists that are.
func TestLong(t *testing.T) {
	tests := []string{
		strings.Repeat("true; ", 50_000),
		strings.Repeat("echo \"$(true)\"\n", 20_000),
		"true" + strings.Repeat(" && true", 5_000) + "\necho " + strings.Repeat("x", flatUpTo),
		"cat <<'END'\n" + strings.Repeat("{\"a\": [(", 50_000) + "\nEND\n",
		strings.Repeat("( ", 500) + "echo " + strings.Repeat("x ", flatUpTo) + strings.Repeat(")", 500),
	}
	for _, src := range tests {
		if _, err := CheckCommand(src, Bash, nil); err != nil {
			t.Errorf("%.20s...: %v", src, err)
		}
	}
}

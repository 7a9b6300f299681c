package runner

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"xpool/runner/input"
	"xpool/runner/rows"
)

// The number of tasks that is told is that of the rows which the run reads.
func TestCountRecords(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"echo ::: a b c", "3"},
		{"echo :::", "0"},
		{"echo ::: :::", "0"},
		{"echo ::: a b c ::: 1 2", "6 (3 x 2)"},
		{"echo ::: a b ::: ::: 1 2", "4 (2 x 1 x 2)"},
		{"echo ::: a b :::+ c d e ::: 1 2 3", "6 (2 x 3, side by side)"},
		{"echo ::: a b :::+ ::: 1 2 3", "3 (1 x 3, side by side)"},
		{"--link echo ::: a b ::: c d e", "3 (side by side)"},
		{"--link echo ::: a :::+ b c :::", "2 (side by side)"},
		{"--header : echo {x} ::: x 1 2 ::: y 3", "2 (2 x 1)"},
		{"-E b echo ::: a b c ::: 1 2", "2 (1 x 2)"},
		{"--csv echo ::: a,b c", "2"},
		{"--shuf echo ::: a b c", "3"},
	} {
		o, err := parseOptions(strings.Fields(tt.line))
		if err != nil {
			t.Fatal(err)
		}
		counts, ok := o.countRecords()
		got := countText(counts)
		if !ok || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.line, got, ok, tt.want)
		}
		if n, _, _ := strings.Cut(got, " "); n != strconv.Itoa(countRows(t, &o)) {
			t.Errorf("%s: %s, and the run reads %d", tt.line, got, countRows(t, &o))
		}
	}
	if o, err := parseOptions(strings.Fields("echo :::: no-such-file ::: a")); err != nil {
		t.Error(err)
	} else if c, ok := o.countRecords(); ok {
		t.Errorf("the records of a file: %v", c)
	}
}

// countRows reads all rows of the arguments.
func countRows(t *testing.T, o *Options) (n int) {
	t.Helper()
	reader, err := rows.New(o.Input.Open(nil, input.Options{}), o.rowOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for {
		if _, err := reader.Next(); err == io.EOF {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
		n++
	}
}

// A product of more than 64 bits is shown by its factors.
func TestCountTextOverflow(t *testing.T) {
	c := rowCounts{groups: slices.Repeat([]int{100_000}, 4)}
	if got, want := countText(c), "100000 x 100000 x 100000 x 100000"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.groups = []int{1 << 40, 1 << 40, 1}
	if got := countText(c); strings.Contains(got, "(") {
		t.Errorf("%q", got)
	}
}

func TestExampleArgs(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"echo", "RECORD"},
		{"--pipe --cat wc", "RECORD"},
		{"-n1 echo", "RECORD"},
		{"-N0 echo", ""},
		{"-n3 echo", "RECORD1 RECORD2 RECORD3"},
		{"-n4 echo", "RECORD1 RECORD2 ... RECORD4"},
		{"-n4 echo {3}", "RECORD1 RECORD2 RECORD3 RECORD4"},
		{"-n9 echo {-2}", "RECORD1 RECORD2 ... RECORD8 RECORD9"},
		{"-s99 echo", "RECORD1 RECORD2 ..."},
		{"-X echo {-1}", "RECORD1 RECORD2 ... RECORD-1"},
		{"-N2 echo ::: a ::: b", "RECORD1 RECORD2 ... RECORD4"},
		{"-N9223372036854775807 echo ::: a ::: b", "RECORD1 RECORD2 ..."},
		{"echo {5} :::: a b ::: c", "RECORD1 RECORD2 RECORD3"},
		{"--link -I% echo % ::: a ::: b", "RECORD1 RECORD2"},
		{"-C, echo", "COLUMN1 COLUMN2 ..."},
		{"-C, echo {3} {-2}", "COLUMN1 COLUMN2 COLUMN3 ... COLUMN-2 COLUMN-1"},
		{"--csv -N2 echo {1}", "COLUMN1 COLUMN2 ..."},
	} {
		o, err := parseOptions(strings.Fields(tt.line))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(o.exampleArgs(), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.line, got, tt.want)
		}
	}
	o, err := parseOptions(strings.Fields("-C, echo {999999999} {-999999999}"))
	if got := len(o.exampleArgs()); err != nil || got != 2*mostExamples+1 {
		t.Errorf("%d names, %v", got, err)
	}
}

package rows

import (
	"errors"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"xpool/runner/input"
)

// file and args make Specs shorter to write.
func file(names ...string) Spec { return Spec{Files: names} }
func args(words ...string) Spec { return Spec{Words: words} }

// linked is s, linked.
func linked(s Spec) Spec {
	s.Linked = true
	return s
}

func TestParse(t *testing.T) {
	tests := []struct {
		syntax  Syntax
		words   string
		command string
		sources []Spec
	}{
		{Syntax{}, "", "", []Spec{file("-")}},
		{Syntax{}, "echo {}", "echo {}", []Spec{file("-")}},
		{Syntax{}, "echo ::: a b", "echo", []Spec{args("a", "b")}},
		{Syntax{}, "::: a", "", []Spec{args("a")}},
		{Syntax{}, "echo :::", "echo", []Spec{args()}},
		{Syntax{}, "echo ::: :::+", "echo", []Spec{args(), linked(args())}},
		{Syntax{}, "echo ::::", "echo", []Spec{file("-")}},
		{Syntax{}, "echo ::: a ::::", "echo", []Spec{args("a")}},
		{Syntax{}, "echo :::: f - ::: a", "echo", []Spec{file("f"), file("-"), args("a")}},
		{Syntax{}, "echo ::: a :::+ b c ::::+ f g", "echo", []Spec{args("a"), linked(args("b", "c")), linked(file("f")), linked(file("g"))}},
		{Syntax{}, "echo :::+ a ::: b", "echo", []Spec{args("a"), args("b")}},
		{Syntax{}, "echo ::::+ f g", "echo", []Spec{file("f"), linked(file("g"))}},
		{Syntax{ArgFiles: []string{"f", "g"}}, "echo :::: ::::+ h", "echo", []Spec{file("f"), file("g"), linked(file("h"))}},
		{Syntax{}, "echo a:::b :::++ ::::: ::", "echo a:::b :::++ ::::: ::", []Spec{file("-")}},
		{Syntax{ArgFiles: []string{"f", "g"}}, "echo", "echo", []Spec{file("f"), file("g")}},
		{Syntax{ArgFiles: []string{"f", "g"}, Join: true}, "echo", "echo", []Spec{file("f", "g")}},
		{Syntax{Join: true}, "echo", "echo", []Spec{file("-")}},
		{Syntax{ArgFiles: []string{"-"}}, "echo :::+ a :::+ b", "echo", []Spec{file("-"), linked(args("a")), linked(args("b"))}},
		{Syntax{ArgSep: ",,"}, "echo ::: ,, a ,,+ b", "echo :::", []Spec{args("a"), linked(args("b"))}},
		{Syntax{FileSep: "//"}, "echo :::: // f ::: a", "echo ::::", []Spec{file("f"), args("a")}},
		{Syntax{ArgSep: "X", FileSep: "X"}, "echo X f", "echo", []Spec{file("f")}},
	}
	for _, test := range tests {
		call, err := test.syntax.Parse(strings.Fields(test.words))
		if err != nil || !slices.Equal(call.Command, strings.Fields(test.command)) || !sameSpecs(call.Sources, test.sources) {
			t.Errorf("%+v, %q: %+v, %v", test.syntax, test.words, call, err)
		}
	}
}

// sameSpecs compares without telling an empty slice from none.
func sameSpecs(a, b []Spec) bool {
	return slices.EqualFunc(a, b, func(a, b Spec) bool {
		return slices.Equal(a.Words, b.Words) && slices.Equal(a.Files, b.Files) && a.Linked == b.Linked
	})
}

func TestParseRefusesStdinTwice(t *testing.T) {
	for _, s := range []Syntax{{}, {ArgFiles: []string{"-", "f"}}, {ArgFiles: []string{"-", "f"}, Join: true}} {
		words := []string{"echo", "::::", "-"}
		if len(s.ArgFiles) == 0 {
			words = append(words, "-")
		}
		if _, err := s.Parse(words); !errors.Is(err, ErrStdinTwice) {
			t.Errorf("%+v, %q: %v", s, words, err)
		}
	}
}

// What Parse returns can be appended to.
func TestParseKeepsItsInput(t *testing.T) {
	words := strings.Fields("echo ::: a ::: b :::: f g")
	s := Syntax{ArgFiles: []string{"x", "y", "z"}[:2]}
	want := slices.Clone(words)
	call, err := s.Parse(words)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(call.Command, "no")
	for _, spec := range call.Sources {
		_, _ = append(spec.Words, "no"), append(spec.Files, "no")
	}
	if !slices.Equal(words, want) || s.ArgFiles[:3][2] != "z" {
		t.Errorf("%q, %q", words, s.ArgFiles[:3])
	}
}

// FuzzParse checks that each word is in its place: what Parse finds can be written down again, and comes to the same.
func FuzzParse(f *testing.F) {
	f.Add("echo\n:::\na\n:::+\nb\n::::\nf\n-", "", "", true)
	f.Add(",,\n,,+\n//\n//+", ",,", "//", false)
	f.Fuzz(func(t *testing.T, text, argSep, fileSep string, join bool) {
		s := Syntax{ArgSep: argSep, FileSep: fileSep, ArgFiles: []string{"A", "B"}, Join: join}
		words := strings.Split(text, "\n")
		call, err := s.Parse(words)
		if err != nil {
			if !errors.Is(err, ErrStdinTwice) || strings.Count(text, "-") < 2 {
				t.Fatal(err)
			}
			return
		}
		n := 2
		if join {
			n = 1
		}
		again := slices.Clone(call.Command)
		for _, spec := range call.Sources[n:] {
			args, files := s.separators()
			sep := args
			if len(spec.Files) > 0 {
				sep = files
			}
			if spec.Linked {
				sep += "+"
			}
			again = append(append(append(again, sep), spec.Words...), spec.Files...)
		}
		if args, files := s.separators(); args == files || args == files+"+" || files == args+"+" {
			return // what is written down may mean something else
		}
		twice, err := s.Parse(again)
		if err != nil || !slices.Equal(twice.Command, call.Command) || !sameSpecs(twice.Sources, call.Sources) {
			t.Errorf("%q:\n%+v\nagain %q:\n%+v, %v", words, call, again, twice, err)
		}
	})
}

func TestOpenOpensWhenRead(t *testing.T) {
	call, err := Syntax{}.Parse(strings.Fields("echo :::: f g ::: a"))
	if err != nil {
		t.Fatal(err)
	}
	var opened []string
	open := func(name string) (io.ReadCloser, error) {
		opened = append(opened, name)
		if name == "g" {
			return nil, fs.ErrNotExist
		}
		return io.NopCloser(strings.NewReader("1\n")), nil
	}
	r, err := New(call.Open(open, input.Options{Delim: '\n'}), Options{})
	if err != nil || opened != nil {
		t.Fatalf("opened %q: %v", opened, err)
	}
	row, err := r.Next()
	var source *input.SourceError
	if !errors.As(err, &source) || source.Name != "g" || row.Args != nil {
		t.Errorf("row %q, error %v", row.Args, err)
	}
	if want := []string{"f", "g"}; !reflect.DeepEqual(opened, want) {
		t.Errorf("opened %q", opened)
	}
	if _, again := r.Next(); again != err {
		t.Errorf("then %v", again)
	}
}

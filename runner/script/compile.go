package script

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"xpool/runner/template"
)

// compiler is one run of Compile.
type compiler struct {
	src       *source
	dialect   Dialect
	needs     map[string]need // by variable; see collectNeeds
	lists     map[string]bool // the variables that are arrays
	maps      map[string]bool // those of them with text as keys
	functions map[string]bool // the functions that the script defines
	calls     map[*syntax.CallExpr]*invocation
	edits     []edit
	placed    int                       // how many expansions the edits put in where the parser can see them
	heredocs  map[*syntax.Redirect]bool // already made expanding
	guarded   map[*syntax.Word]bool     // already with a -- before them
	named     map[valueKey]string       // the variables of the values
	many      bool                      // bare {} become a list, see records
	listed    need                      // what the places of lists ask of a record
	listedAt  int                       // the first such place that asks anything, or else the first
	script    *Script
}

// edit replaces text[start:end].
type edit struct {
	start, end int
	text       string
	mark       bool     // it puts a value in
	segment    *segment // how Line writes that; nil if not in its place
}

// Options say how a script is to be compiled. The zero value is for a POSIX shell without
// functions, the standard replacement strings, and one record per task.
type Options struct {
	// Set are the replacement strings.
	Set template.Set

	// Dialect is the language of the shell that runs the script.
	Dialect Dialect

	// Functions reports which names are functions of the user that the shell will know.
	// It is asked during Compile only; nil means none.
	Functions func(name string) bool

	// Many says that a task may have several records. Each is then a word of its own where
	// {} stands by itself in a list of words: the arguments of a command, the items of a
	// for loop, the elements of an array. Such a script is Positional, and a task without
	// records has no word there. All else gets the records joined: {} within a word or
	// quotes, in an assignment or a redirection; as a command's name; where a builtin takes
	// a single word or tells by their order what they are, as test and trap do; in functions, which have parameters of their own; and everywhere in a
	// script that changes its parameters with set or shift, also by way of eval or trap. In
	// zsh, one that mentions argv is taken for such a script.
	Many bool

	// Records, with Many, is for how many records the script is to be, where that matters:
	// see Script.Lists. Then a replacement string in a word of a list makes as many words,
	// also in a function: x{}y with the records a and b becomes xa and by, as with -m of GNU
	// parallel, and {.} becomes a list. Zero and one make no difference.
	Records int

	// Each has the words of a list repeated as a whole, as with -X, -N and -L of GNU
	// parallel: x{}y becomes xay and xby, and "{}" the words "a" and "b". A word with a
	// blank in it is left alone.
	Each bool

	// Bare says that a script without a replacement string gets nothing appended.
	Bare bool
}

// Compile compiles the script src. The replacement strings become values; a script without
// any gets the record appended, unless it uses positional parameters, ends with exit and
// a status, or is to be Bare.
//
// An error is a *SyntaxError: the script does not parse, is empty, has a replacement string
// where a value cannot stand, or has nowhere to append one.
func Compile(src string, o Options) (*Script, error) {
	s, err := newSource(src, o.Set)
	if err != nil {
		return nil, err
	}
	d := o.Dialect
	file, err := s.parse(d)
	if err != nil {
		return nil, err
	}
	if len(file.Stmts) == 0 {
		return nil, &SyntaxError{1, 1, "the script is empty"}
	}
	script := &Script{Positional: usesPositional(file, d), source: src}
	script.ownArgs = script.Positional
	if !o.Bare && !script.Positional && !s.hasToken(file) && !endsWithStatus(file) {
		script.Appended = true
		if file, err = s.appendToken(file, d); err != nil {
			return nil, err
		}
	}
	if file, err = s.modernize(file, d); err != nil {
		return nil, err
	}
	if err := s.refuseUnparsed(file, d); err != nil {
		return nil, err
	}
	c := newCompiler(s, file, script, o)
	if words := c.repetitions(file, o.Each); o.Many && len(words) > 0 {
		script.Lists = true
		if o.Records > 1 {
			s.repeat(words, o.Records, o.Each)
			if file, err = s.parse(d); err != nil {
				return nil, err
			}
			c = newCompiler(s, file, script, o)
		}
	}
	if err := c.rewrite(file); err != nil {
		return nil, err
	}
	if err := c.arguments(file); err != nil {
		return nil, err
	}
	return c.finish(file, o.Functions)
}

func newCompiler(s *source, file *syntax.File, script *Script, o Options) *compiler {
	c := &compiler{
		src: s, dialect: o.Dialect, script: script, calls: map[*syntax.CallExpr]*invocation{},
		heredocs: map[*syntax.Redirect]bool{}, guarded: map[*syntax.Word]bool{}, named: map[valueKey]string{},
		many: o.Many && !setsPositional(file, o.Dialect), listedAt: -1,
	}
	c.collectNeeds(file)
	script.AsCode = s.runsAsCode(file)
	return c
}

// refuseUnparsed refuses what the parser does not know to be arithmetic: $[ ] in zsh.
func (s *source) refuseUnparsed(file *syntax.File, d Dialect) error {
	for n := range syntax.Preorder(file) {
		lit, ok := n.(*syntax.Lit)
		if !ok || d != Zsh {
			continue
		}
		start, end := int(lit.Pos().Offset()), min(int(lit.End().Offset())+1, len(s.text))
		if i := bytes.Index(s.text[start:max(start, end)], []byte("$[")); i >= 0 {
			return s.errorAt(start+i, "$[ ] is not supported with zsh: write $(( ))")
		}
	}
	return nil
}

// hasToken reports whether a mark stands anywhere but in a comment.
func (s *source) hasToken(file *syntax.File) bool {
	marks := len(s.marks(0, len(s.text)))
	for n := range syntax.Preorder(file) {
		if comment, ok := n.(*syntax.Comment); ok {
			marks -= len(s.marks(int(comment.Pos().Offset()), int(comment.End().Offset())))
		}
	}
	return marks > 0
}

// appendToken adds {} as the last argument of the script's last command.
func (s *source) appendToken(file *syntax.File, d Dialect) (*syntax.File, error) {
	last := file.Stmts[len(file.Stmts)-1]
	call := lastCall(last)
	if call == nil || len(call.Args) == 0 {
		return nil, s.errorAt(int(last.Pos().Offset()), `this script has nowhere to put the record: write {} or "$1"`)
	}
	end := int(call.Args[len(call.Args)-1].End().Offset())
	s.tokens = append(s.tokens, template.Token{Start: int(s.from[min(end, len(s.from)-1)])})
	s.splice(end, end, " "+s.mark(len(s.tokens)-1))
	return s.parse(d)
}

// endsWithStatus tells whether a script ends by leaving with a status. That takes one
// argument, and the record behind it would be a mistake in some shells, and nothing at
// all in the others.
func endsWithStatus(file *syntax.File) bool {
	call := lastCall(file.Stmts[len(file.Stmts)-1])
	if call == nil || len(call.Args) < 2 {
		return false
	}
	name := call.Args[0].Lit()
	return name == "exit" || name == "return"
}

// lastCall returns the simple command that runs last in a list or a pipeline.
func lastCall(stmt *syntax.Stmt) *syntax.CallExpr {
	for stmt != nil {
		switch cmd := stmt.Cmd.(type) {
		case *syntax.CallExpr:
			return cmd
		case *syntax.BinaryCmd:
			stmt = cmd.Y
		case *syntax.TimeClause:
			stmt = cmd.Stmt
		default:
			return nil
		}
	}
	return nil
}

// rewrite finds the place of each mark and edits the text.
func (c *compiler) rewrite(file *syntax.File) error {
	paths := c.leaves(file)
	for _, m := range c.src.marks(0, len(c.src.text)) {
		path := paths[m.start]
		if path == nil {
			return c.src.errorAt(m.start, "a replacement string cannot stand here")
		}
		if _, ok := path[len(path)-1].(*syntax.Comment); ok {
			t := c.src.tokens[m.token]
			c.edit(m.start, m.end, c.src.src[t.Start:t.End])
			continue
		}
		p := c.locate(path, m.start, m.end)
		if p.refuse != "" {
			return c.src.errorAt(m.start, p.refuse)
		}
		p.list = c.many && !p.lone && c.isRecords(m) && isItem(path, m)
		if err := c.replace(path, m, p); err != nil {
			return err
		}
	}
	return nil
}

// arguments finds out what the script's positional parameters must be.
func (c *compiler) arguments(file *syntax.File) error {
	if !c.script.Positional {
		return nil
	}
	at := -1
	walkPaths(file, func(path []syntax.Node) {
		p, ok := path[len(path)-1].(*syntax.ParamExp)
		if ok && at < 0 && p.Param != nil && isPositional(p.Param.Value, c.dialect) && scope(path) == scriptArgs {
			at = int(p.Pos().Offset())
		}
	})
	n := c.needs[scriptArgs]
	if at < 0 || n == (need{}) && c.listed != (need{}) {
		at = c.listedAt
	}
	n = n.and(c.listed)
	if n.refuse != "" {
		return c.src.errorAt(max(at, 0), n.refuse)
	}
	c.script.Args.Class = n.class
	c.script.Args.Line, c.script.Args.Col = c.src.position(max(at, 0))
	return nil
}

// leaves maps the offset of each mark to the path of the innermost node that holds it.
func (c *compiler) leaves(file *syntax.File) map[int][]syntax.Node {
	paths := map[int][]syntax.Node{}
	walkPaths(file, func(path []syntax.Node) {
		n := path[len(path)-1]
		switch n.(type) {
		case *syntax.Lit, *syntax.SglQuoted, *syntax.Comment:
		default:
			return
		}
		start, end := int(n.Pos().Offset()), min(int(n.End().Offset()), len(c.src.text))
		for _, m := range c.src.marks(start, max(start, end)) {
			if paths[m.start] == nil {
				paths[m.start] = slices.Clone(path)
			}
		}
	})
	return paths
}

func (c *compiler) edit(start, end int, text string) {
	c.edits = append(c.edits, edit{start: start, end: end, text: text})
}

// value returns the shell variable for a token of the given class, a new one unless the
// script has an equal one.
func (c *compiler) value(m markAt, class Class) string {
	key := valueKey{c.src.tokens[m.token].Rep, class}
	if name, ok := c.named[key]; ok {
		return name
	}
	v := Value{Name: VarName(len(c.script.Values) + 1), Rep: key.rep, Class: class}
	c.named[key] = v.Name
	v.Line, v.Col = c.src.position(m.start)
	c.script.Values = append(c.script.Values, v)
	return v.Name
}

// finish applies the edits and looks at the result once more.
func (c *compiler) finish(file *syntax.File, functions func(string) bool) (*Script, error) {
	slices.SortFunc(c.edits, func(a, b edit) int { return cmp.Or(a.start-b.start, a.end-b.end) })
	var body strings.Builder
	end := 0
	for _, e := range c.edits {
		body.Write(c.src.text[end:e.start])
		body.WriteString(e.text)
		end = e.end
	}
	body.Write(c.src.text[end:])
	c.script.Body = body.String()
	c.setSegments()
	// What follows the body must start on a line of its own, even after an escaped newline.
	if line, ok := strings.CutSuffix(c.script.Body, "\n"); !ok || trailingBackslashes(line)%2 == 1 {
		c.script.Body += "\n"
	}
	done := &source{src: c.script.Body, prefix: c.src.prefix}
	done.appendText(0, len(done.src))
	compiled, err := done.parse(c.dialect)
	if err != nil || countValues(compiled) != countValues(file)+c.placed {
		return nil, &SyntaxError{1, 1, "a replacement string stands where the shell has no room for a value"}
	}
	a := newAnalysis(c.dialect, functions)
	c.script.Harmless, c.script.Brief = a.harmless(compiled), a.brief(compiled)
	return c.script, nil
}

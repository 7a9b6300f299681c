package rows_test

import (
	"fmt"
	"io"
	"os"
	"strings"

	"xpool/runner/input"
	"xpool/runner/rows"
)

// From the words after the options to what each task gets.
func Example() {
	words := strings.Fields("convert -resize {1} {2} ::: 100x100 200x200 :::: -")
	call, err := rows.Syntax{}.Parse(words)
	if err != nil {
		fmt.Println(err)
		return
	}
	open := func(name string) (io.ReadCloser, error) {
		if name == "-" {
			return io.NopCloser(strings.NewReader("a.png\nb.png\n")), nil
		}
		return os.Open(name)
	}
	r, err := rows.New(call.Open(open, input.Options{Delim: '\n'}), rows.Options{Delim: '\n'})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	fmt.Println(call.Command)
	for {
		row, err := r.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(row.Args)
	}
	// Output:
	// [convert -resize {1} {2}]
	// [100x100 a.png]
	// [100x100 b.png]
	// [200x200 a.png]
	// [200x200 b.png]
	// EOF
}

// The columns of a table have the names of its first line.
func ExampleReader_Names() {
	separator, err := rows.ParseSeparator(`\s*,\s*`)
	if err != nil {
		fmt.Println(err)
		return
	}
	table := input.NewReader(strings.NewReader("name, size\na.png, 10\nb.png\n"), input.Options{Delim: '\n'})
	r, err := rows.New([]rows.Source{{Records: table}}, rows.Options{Separator: separator, Header: rows.HeaderRecord})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	names, err := r.Names()
	fmt.Println(names, err)
	r.Require(2) // the command has {size} in it
	for range 2 {
		row, _ := r.Next()
		fmt.Println(row.Args, row.Bad)
	}
	// Output:
	// [name size] <nil>
	// [a.png 10] <nil>
	// [b.png] column 2 is missing: there are 1
}

// As with -X: as much as fits in a task, and the rest spread over the slots.
func ExampleBatcher() {
	r, err := rows.New([]rows.Source{{Words: strings.Fields("1 2 3 4 5 6 7 8 9")}}, rows.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	b := rows.NewBatcher(r.Next, rows.BatchOptions{MaxSize: len("echo 1 2 3 4 5"), Base: len("echo"), Slots: 2})
	for {
		batch, err := b.Next()
		if err != nil {
			return
		}
		fmt.Println(batch.Args)
	}
	// Output:
	// [1 2 3 4 5]
	// [6 7]
	// [8 9]
}

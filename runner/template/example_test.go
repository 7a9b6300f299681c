package template_test

import (
	"fmt"

	"xpool/runner/template"
)

func ExampleNew() {
	set, err := template.New(template.Config{
		Plus:  true,
		Rules: []string{`{stem(.*?)} s/$$1(\.[^.]+)*$//; $_ = lc($_)`},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	set = set.WithColumns([]string{"file", "size"}) // as the input's header says
	words, err := template.Parse([]string{"convert", "{file}", "-resize", "{2}", "{file/..}-{1stem_raw}.png"}, set)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", words.Expand(template.Context{Args: []string{"in/Cat_raw.tar.gz", "50%"}, Seq: 1, Slot: 1}))
	// Output: ["convert" "in/Cat_raw.tar.gz" "-resize" "50%" "Cat_raw-in/cat.png"]
}

func ExampleWords_Replacements() {
	words, err := template.Parse([]string{"mv", "{1}", "{3}"}, template.Set{})
	if err != nil {
		fmt.Println(err)
		return
	}
	row := template.Context{Args: []string{"a", "b"}}
	for rep := range words.Replacements() {
		if rep.Missing(row) {
			fmt.Printf("the record has no column %d\n", rep.Column)
		}
	}
	// Output: the record has no column 3
}

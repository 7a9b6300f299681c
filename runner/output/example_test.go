package output_test

import (
	"fmt"
	"os"

	"xpool/runner/output"
)

func Example() {
	p := output.New(output.Options{Stdout: os.Stdout, Stderr: os.Stdout})
	first, second := p.Open(), p.Open()

	second.Write(output.Stdout, []byte("second\n"), nil) // waits
	second.Close("")
	first.Write(output.Stderr, []byte("a warning\n"), nil) // comes after
	first.Write(output.Stdout, []byte("first\n"), nil)     // comes at once
	first.Close("task 1 failed\n")

	if err := p.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// first
	// a warning
	// task 1 failed
	// second
}

package block_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"

	"xpool/runner/block"
)

// A block is read, kept for as many attempts as its task needs, and given to each as its standard input.
func Example() {
	input := strings.NewReader("name\nann\nbob\ncid\n")
	s, err := block.NewSplitter(input, block.Options{Records: 2, Header: block.Header{Lines: 1}})
	if err != nil {
		log.Fatal(err)
	}
	for {
		b, err := s.Next(context.Background())
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		blob, err := block.FromBlock("", block.InMemory, b)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("task", b.Seq)
		b.Release()
		stdin, err := blob.Open()
		if err != nil {
			log.Fatal(err)
		}
		task := exec.Command("tr", "a-z", "A-Z")
		task.Stdin, task.Stdout = stdin, os.Stdout
		if err := task.Run(); err != nil {
			log.Fatal(err)
		}
		stdin.Close()
		blob.Close()
	}
	// Output:
	// task 1
	// NAME
	// ANN
	// BOB
	// task 2
	// NAME
	// CID
}

// Parts of a file are found without reading it, and read by the tasks.
func ExampleParter() {
	text := "1\n2\n3\n4\n5\n"
	file := block.File{Name: "numbers", R: strings.NewReader(text), Size: int64(len(text))}
	p, err := block.NewParter(block.Options{Size: -1}, 2, file)
	if err != nil {
		log.Fatal(err)
	}
	for {
		part, err := p.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		b, err := io.ReadAll(part.Reader(file.R))
		fmt.Printf("%d: %d bytes from %d: %q %v\n", part.Seq, part.Length, part.Offset, b, err)
	}
	// Output:
	// 1: 8 bytes from 0: "1\n2\n3\n4\n" <nil>
	// 2: 2 bytes from 8: "5\n" <nil>
}

package bazel_test

import (
	"fmt"
	"os"

	"xpool/pool/bazel"
)

func Example() {
	request := bazel.Request{Arguments: []string{"a b.jpg"}, RequestID: 1}
	if err := request.Check(); err != nil {
		fmt.Println(err)
		return
	}
	os.Stdout.Write(bazel.AppendRequest(nil, request))

	var decoder bazel.Decoder
	each := func(r bazel.Response) { fmt.Println(r.RequestID, r.ExitCode, r.Output) }
	for _, piece := range []string{`{"requestId": 1, "exi`, `tCode": 2, "output": "no such file"}`, "\nLoading model...\n"} {
		if err := decoder.Feed([]byte(piece), each); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// {"arguments":["a b.jpg"],"requestId":1}
	// 1 2 no such file
	// "Loading model..." is not a response (does it print to standard output?)
}

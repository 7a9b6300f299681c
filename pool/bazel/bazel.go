// Package bazel is the JSON form of Bazel's persistent worker protocol, as
// bytes: it encodes what a worker reads and decodes what it writes, and starts
// no process.
//
// A worker reads WorkRequests from its standard input and writes a
// WorkResponse to its standard output for each, and nothing else. The messages
// and the meaning of their fields are those of Bazel's worker_protocol.proto,
// in the JSON mapping of proto3; https://bazel.build/remote/creating describes
// the protocol from the worker's side.
//
// Where Bazel is more lenient than the format (comments, bare words), this
// package is not; where a worker's JSON library may differ within the format
// (blanks, lines, escapes, the original names of fields, numbers in strings),
// this package reads it.
package bazel

// Request is a WorkRequest. A field with its zero value is left out of the
// JSON, and means the same there.
type Request struct {
	Arguments []string
	Inputs    []Input

	// RequestID is 0 for a worker that runs one request at a time, else unlike
	// that of any other request under way; the response carries it back.
	RequestID int32

	// Cancel asks for the end of the request that has RequestID; Arguments and
	// Inputs must be empty then. The worker answers the request once in any
	// case, with WasCancelled or without.
	Cancel bool

	// Verbosity over 0 asks for more on standard error; Bazel sends 10.
	Verbosity int32

	// SandboxDir is where the request's relative paths begin, for workers that
	// can be given another directory with each request.
	SandboxDir string
}

// Input is a file that a request may read.
type Input struct {
	Path   string
	Digest []byte // of the contents, opaque; base64 in the JSON
}

// Response is a WorkResponse. What a worker leaves out, or writes as null, is
// the zero value: {} is a whole response, and says that request 0 went well.
type Response struct {
	ExitCode int32

	// Output is what the tool had to say. It is text: what is not valid UTF-8
	// in the worker's JSON, or half of a surrogate pair, is U+FFFD here.
	Output string

	RequestID    int32
	WasCancelled bool // ExitCode and Output mean nothing when set
}

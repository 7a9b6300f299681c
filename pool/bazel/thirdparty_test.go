package bazel

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xpool/pool/peertest"
)

// codec is an implementation of the JSON mapping of proto3 that is not ours,
// and refuses fields that it does not know. Bazel's own library for workers on
// Node.js, @bazel/worker, speaks the binary form only (in 5.8.1, the latest).
const codec = "@bufbuild/protobuf@1.10.0"

// codecWorker serves requests with that implementation alone: the schema is
// worker_protocol.proto, in the library's notation. It answers with what it
// understood, once on one line and once over several, and leaves defaults out
// the first time only.
const codecWorker = `
const { proto3 } = require("@bufbuild/protobuf");
const field = (no, name, kind, T, more) => ({ no, name, kind, T, ...more });
const STRING = 9, BYTES = 12, INT32 = 5, BOOL = 8;
const Input = proto3.makeMessageType("blaze.worker.Input", [
  field(1, "path", "scalar", STRING), field(2, "digest", "scalar", BYTES)]);
const WorkRequest = proto3.makeMessageType("blaze.worker.WorkRequest", [
  field(1, "arguments", "scalar", STRING, { repeated: true }),
  field(2, "inputs", "message", Input, { repeated: true }),
  field(3, "request_id", "scalar", INT32), field(4, "cancel", "scalar", BOOL),
  field(5, "verbosity", "scalar", INT32), field(6, "sandbox_dir", "scalar", STRING)]);
const WorkResponse = proto3.makeMessageType("blaze.worker.WorkResponse", [
  field(1, "exit_code", "scalar", INT32), field(2, "output", "scalar", STRING),
  field(3, "request_id", "scalar", INT32), field(4, "was_cancelled", "scalar", BOOL)]);

const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", line => {
  const r = WorkRequest.fromJsonString(line);
  const inputs = r.inputs.map(i => i.path + "=" + Buffer.from(i.digest).toString("hex"));
  const response = new WorkResponse({
    exitCode: r.verbosity, requestId: r.requestId, wasCancelled: r.cancel,
    output: [...r.arguments, ...inputs, r.sandboxDir].join("|"),
  });
  process.stdout.write(response.toJsonString());
  process.stdout.write(response.toJsonString({ emitDefaultValues: true, prettySpaces: 2 }) + "\n");
});
`

// installCodec installs the library in a directory of the test, which it
// returns, or skips the test where that is impossible. That may be so in CI too:
// npm brings hundreds of packages with it, and needs its registry.
func installCodec(ctx context.Context, t *testing.T) (dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("installs a package from npm")
	}
	peertest.Path(t, "node")
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skipf("no worker to talk to: %v", err)
	}
	dir = t.TempDir()
	// Without a file of its own, npm installs into a directory above.
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(ctx, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", codec)
	install.Dir = dir
	install.WaitDelay = time.Second
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("no worker to talk to, npm cannot install %s: %v\n%s", codec, err, out)
	}
	return dir
}

func TestThirdParty(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := installCodec(ctx, t)

	awkward := "a b\"\\\n\r\t\x00\x7f\u0085\u2028\u2029<é世😀>"
	requests := []Request{
		{},
		{Arguments: []string{"--flag", awkward, ""}, RequestID: 1},
		{
			Arguments: []string{"x"}, Inputs: []Input{{Path: awkward, Digest: []byte{0, 0xff, 0x3e}}, {}},
			RequestID: 1<<31 - 1, Verbosity: 10, SandboxDir: "d/é",
		},
		{RequestID: -1 << 31, Verbosity: -1, Cancel: true},
		{Arguments: []string{strings.Repeat("0123456789\n", 100_000)}},
	}
	want := []Response{
		{},
		{Output: "--flag|" + awkward + "||", RequestID: 1},
		{ExitCode: 10, Output: "x|" + awkward + "=00ff3e|=|d/é", RequestID: 1<<31 - 1},
		{ExitCode: -1, RequestID: -1 << 31, WasCancelled: true},
		{Output: requests[4].Arguments[0] + "|"},
	}
	var lines []byte
	for i, r := range requests {
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		lines = AppendRequest(lines, r)
		want = slices.Insert(want, 2*i, want[2*i]) // each is answered twice
	}

	worker := exec.CommandContext(ctx, "node", "-e", codecWorker)
	worker.Dir = dir
	worker.Stdin = strings.NewReader(string(lines))
	var stderr strings.Builder
	worker.Stderr = &stderr
	stdout, err := worker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	got, decodeErr := decodeAll(stdout)
	io.Copy(io.Discard, stdout)
	if err := worker.Wait(); err != nil {
		t.Errorf("the worker: %v\n%s", err, &stderr)
	}
	if decodeErr != nil || len(got) != len(want) {
		t.Fatalf("%d responses, want %d; %v", len(got), len(want), decodeErr)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("request %d: got  %.500q\nwant %.500q", i/2+1, fmt.Sprint(got[i]), fmt.Sprint(want[i]))
		}
	}
}

// decodeAll decodes all that comes, in the pieces in which it comes.
func decodeAll(r io.Reader) (got []Response, err error) {
	var d Decoder
	buf := make([]byte, 32<<10)
	for {
		n, readErr := r.Read(buf)
		if err := d.Feed(buf[:n], func(r Response) { got = append(got, r) }); err != nil {
			return got, err
		}
		if readErr == io.EOF {
			return got, d.Close()
		}
		if readErr != nil {
			return got, readErr
		}
	}
}

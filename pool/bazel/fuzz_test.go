package bazel

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func addSeeds(f *testing.F, add func(string)) {
	for _, s := range []string{
		"", "{}", `{"requestId":1}{"requestId":2}` + "\n", `{"exitCode":"1","output":"\ud83d\ude00\\\"","x":[{},[-1e5]]}`,
		"Loading model...\n{}", `{"a":tru`, "{\n{}", `{"output":"` + strings.Repeat("x", 200) + "\n", "{\"\x00",
		`{"x":` + strings.Repeat("[", 120), `{"exitCode":null} stray`, "\xef\xbb\xbf{}", `{"exitCode":1e1000}`,
	} {
		add(s)
	}
}

// FuzzSplit holds that pieces make no difference: not to the responses, not to
// the error, not to what is stray before the end.
func FuzzSplit(f *testing.F) {
	addSeeds(f, func(s string) { f.Add(s, uint(3), uint(7), 0); f.Add(s, uint(1), uint(1), 20) })
	f.Fuzz(func(t *testing.T, in string, first, then uint, most int) {
		most = min(most, 1<<20)
		whole := Decoder{MaxResponse: most}
		wantResponses, wantErr := decode(&whole, in)
		var pieces []string
		for n, rest := first, in; rest != ""; n = then%16 + 1 {
			n = min(n, uint(len(rest)))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		got, err := decode(&Decoder{MaxResponse: most}, pieces...)
		if !slices.Equal(got, wantResponses) || !reflect.DeepEqual(err, wantErr) {
			t.Errorf("%q\ngot  %+v, %v\nwant %+v, %v", pieces, got, err, wantResponses, wantErr)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
			t.Errorf("the error is not a visible line: %q", err)
		}
	})
}

// FuzzScanner holds the scanner against encoding/json: an object that is valid
// ends at its last byte and not before, and no part of it is refused.
func FuzzScanner(f *testing.F) {
	addSeeds(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, in string) {
		in = strings.TrimSpace(in)
		if !strings.HasPrefix(in, "{") {
			return
		}
		var s scanner
		n, v := s.scan([]byte(in))
		valid := json.Valid([]byte(in))
		if valid && v != deep && (v != end || n != len(in)) {
			t.Errorf("%q is valid, scanned %d bytes: %d", in, n, v)
		}
		if v == bad && json.Valid([]byte(in[:n]+"}")) && in[n] == '}' {
			t.Errorf("%q: the last brace is refused", in[:n+1])
		}
	})
}

// FuzzFields holds the decoding of members against encoding/json.
func FuzzFields(f *testing.F) {
	addSeeds(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, in string) {
		in = strings.TrimSpace(in)
		var want map[string]json.RawMessage
		if !strings.HasPrefix(in, "{") || json.Unmarshal([]byte(in), &want) != nil {
			return
		}
		got := map[string]json.RawMessage{}
		for name, value := range members([]byte(in)) {
			got[decodeString(name)] = value
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q\ngot  %q\nwant %q", in, got, want)
		}
		r, err := decodeResponse([]byte(in))
		var output string
		if err == nil && want["output"] != nil {
			if json.Unmarshal(want["output"], &output) != nil || output != r.Output {
				t.Errorf("%q: output %q, want %q", in, r.Output, output)
			}
		}
	})
}

// FuzzResponse holds that whatever a worker answers is read as it was meant,
// in the form of encoding/json, indented or not.
func FuzzResponse(f *testing.F) {
	f.Add(int32(0), "", int32(0), false)
	f.Add(int32(-1), "}\"\\\u2028\x00<é😀", int32(1<<30), true)
	f.Fuzz(func(t *testing.T, exit int32, output string, id int32, cancelled bool) {
		want := Response{ExitCode: exit, Output: strings.ToValidUTF8(output, "\ufffd"), RequestID: id, WasCancelled: cancelled}
		fields := map[string]any{"exitCode": exit, "output": want.Output, "requestId": id, "wasCancelled": cancelled}
		flat, _ := json.Marshal(fields)
		indented, _ := json.MarshalIndent(fields, "", "\t")
		got, err := decode(new(Decoder), string(flat)+string(indented))
		if err != nil || !slices.Equal(got, []Response{want, want}) {
			t.Errorf("%s\ngot  %+v, %v\nwant %+v twice", flat, got, err, want)
		}
	})
}

func BenchmarkFeed(b *testing.B) {
	big := strings.Repeat("0123456789abcdef", 4<<10)
	for _, bench := range []struct{ name, in string }{
		{"short", `{"exitCode": 0, "output": "", "requestId": 123456}` + "\n"},
		{"output", `{"exitCode": 1, "output": "no such file: a b.jpg\n", "requestId": 123456}` + "\n"},
		{"text64K", `{"output":"` + big + `"}` + "\n"},
		{"lines64K", `{"output":"` + strings.ReplaceAll(big, "e", `\n`) + `"}` + "\n"},
	} {
		for _, split := range []int{len(bench.in), min(len(bench.in)/2, 4<<10)} {
			b.Run(bench.name+map[bool]string{true: "/whole", false: "/split"}[split == len(bench.in)], func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(bench.in)))
				var d Decoder
				in, n := []byte(bench.in), 0
				for b.Loop() {
					for piece := range slices.Chunk(in, split) {
						if err := d.Feed(piece, func(Response) { n++ }); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

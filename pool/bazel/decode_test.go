package bazel

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// decode feeds the pieces and closes; it returns all that can be observed.
func decode(d *Decoder, pieces ...string) (got []Response, err error) {
	each := func(r Response) { got = append(got, r) }
	for _, p := range pieces {
		b := []byte(p)
		err = d.Feed(b, each)
		for i := range b {
			b[i] = '#' // a Decoder that kept the caller's bytes shows
		}
		if err != nil {
			break
		}
	}
	if closed := d.Close(); err != nil && closed != err {
		err = fmt.Errorf("Close says %v after Feed said %v", closed, err)
	} else {
		err = closed
	}
	return got, err
}

func TestDecode(t *testing.T) {
	ok := []Response{{}}
	for _, test := range []struct {
		name, in string
		want     []Response
	}{
		{"nothing", "", nil},
		{"blanks", " \t\r\n\n", nil},
		{"all defaults", "{}", ok},
		{"as Python writes", `{"exitCode": 1, "output": "no such file\n", "requestId": 12}` + "\n",
			[]Response{{ExitCode: 1, Output: "no such file\n", RequestID: 12}}},
		{"two without a blank", `{"requestId":1}{"requestId":2}`, []Response{{RequestID: 1}, {RequestID: 2}}},
		{"two on lines", "{\"requestId\":1}\r\n\n{\"requestId\":2}\n", []Response{{RequestID: 1}, {RequestID: 2}}},
		{"over lines", "{\n\t\"exitCode\" :\n 3 ,\r\n\"output\":\"}\"\n}\n", []Response{{ExitCode: 3, Output: "}"}}},
		{"cancelled", `{"requestId":5,"wasCancelled":true}`, []Response{{RequestID: 5, WasCancelled: true}}},
		{"not cancelled", `{"wasCancelled":false}`, ok},
		{"original names", `{"exit_code":1,"request_id":2,"was_cancelled":true}`,
			[]Response{{ExitCode: 1, RequestID: 2, WasCancelled: true}}},
		{"names escaped", `{"\u0065xitCode":4}`, []Response{{ExitCode: 4}}},
		{"null is the default", `{"exitCode":null,"output":null,"requestId":null,"wasCancelled":null}`, ok},
		{"numbers in strings", `{"exitCode":"-7","requestId":"2147483647"}`,
			[]Response{{ExitCode: -7, RequestID: 2147483647}}},
		{"whole numbers", `{"exitCode":2.0,"requestId":1e2}`, []Response{{ExitCode: 2, RequestID: 100}}},
		{"minus zero", `{"exitCode":-0,"requestId":-0.0}`, ok},
		{"unknown fields", `{"a":{"exitCode":9,"b":["}",{}]},"exitCode":1,"c":[[],{}],"d":-1.5e-3,"e":true,"f":"\"}"}`,
			[]Response{{ExitCode: 1}}},
		{"other case is unknown", `{"ExitCode":1,"EXITCODE":2,"exitCode":3}`, []Response{{ExitCode: 3}}},
		{"brackets in strings", `{"output":"}]{[\"\\","exitCode":1}`, []Response{{Output: `}]{["\`, ExitCode: 1}}},
		{"escapes", `{"output":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000"}`,
			[]Response{{Output: "\"\\/\b\f\n\r\té😀\x00"}}},
		{"raw unicode", `{"output":"é世😀` + "\u2028\x7f" + `"}`, []Response{{Output: "é世😀\u2028\x7f"}}},
		{"not text", `{"output":"a` + "\xff" + `b\ud800c"}`, []Response{{Output: "a\ufffdb\ufffdc"}}},
		{"deep enough", `{"exitCode":1,"x":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + "}",
			[]Response{{ExitCode: 1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := decode(new(Decoder), test.in)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, test.want)
			}
			bytewise, err := decode(new(Decoder), strings.Split(test.in, "")...)
			if err != nil || !slices.Equal(bytewise, test.want) {
				t.Errorf("bytewise: got %+v, %v\nwant %+v", bytewise, err, test.want)
			}
		})
	}
}

// errorCase is output that cannot be decoded.
type errorCase struct {
	name, in string
	err      error
	text     string // of the error, if it is to be seen
}

// checkErrors decodes the cases at once and byte by byte.
func checkErrors(t *testing.T, tests []errorCase) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := decode(new(Decoder), test.in)
			if !reflect.DeepEqual(err, test.err) {
				t.Fatalf("got  %#v\nwant %#v", err, test.err)
			}
			if test.text != "" && err.Error() != test.text {
				t.Errorf("got  %v\nwant %s", err, test.text)
			}
			if _, err = decode(new(Decoder), strings.Split(test.in, "")...); !reflect.DeepEqual(err, test.err) {
				t.Errorf("bytewise: got  %#v\nwant %#v", err, test.err)
			}
		})
	}
}

func stray(head string) error { return &StrayError{Text{Head: head}} }

// longest is the longest text that an error quotes in full.
func longest() string { return strings.Repeat("x", textMost) }

func TestDecodeStray(t *testing.T) {
	long := longest()
	checkErrors(t, []errorCase{
		{"log line", "Loading model...\n{}", stray("Loading model..."),
			`"Loading model..." is not a response (does it print to standard output?)`},
		{"log line without its end", "Loading", stray("Loading"), ""},
		{"prompt", "> {}\n{}", stray("> {}"), ""},
		{"line of CRLF", "hello \r\n", stray("hello"), ""},
		{"invisible", "\x1b[1mhi\x00\xff\n", stray("\x1b[1mhi\x00\xff"),
			`"\x1b[1mhi\x00\xff" is not a response (does it print to standard output?)`},
		{"byte order mark", "\ufeff{}\n", stray("\ufeff{}"),
			`"\ufeff{}" is not a response (does it print to standard output?)`},
		{"line as long as is quoted", long + "\n", stray(long), ""},
		{"longer", long + "y", &StrayError{Text{Head: long, Cut: true}},
			`"` + long + `"... is not a response (does it print to standard output?)`},
		{"cut within a character", long[1:] + "世界\n", &StrayError{Text{Head: long[1:], Cut: true}}, ""},
		{"stray after a response", "{} done\n", stray("done"), ""},
	})
}

func TestDecodeBadJSON(t *testing.T) {
	checkErrors(t, []errorCase{
		{"JSON but no response", "{\"level\":\"info\"}\n{}", stray(`{"level":"info"}`),
			`'{"level":"info"}' is not a response (does it print to standard output?)`},
		{"both quotes", `{"msg":"it's\n"}`, stray(`{"msg":"it's\n"}`),
			`"{\"msg\":\"it's\\n\"}" is not a response (does it print to standard output?)`},
		{"protobuf", "\x02\x08\x01\n", stray("\x02\x08\x01"), ""},
		{"array", "[{}]\n", stray("[{}]"), ""},
		{"number", "1\n", stray("1"), ""},
		{"brace of no JSON", "{debug} go\n{}", stray("{debug} go"), ""},
		{"brace over lines", "{\n{\"exitCode\":0}\n", stray("{\n{\"exitCode\":0}"), ""},
		{"newline in a string", "{\"output\":\"a\nb\"}", stray(`{"output":"a`), ""},
		{"newline after a backslash", "{\"output\":\"a\\\nb\"}", stray(`{"output":"a\`), ""},
		{"comma at the end", `{"exitCode":1,} x`, stray(`{"exitCode":1,} x`), ""},
		{"comma in an array", `{"x":[1,]}`, stray(`{"x":[1,]}`), ""},
		{"no comma", `{"exitCode":1 "output":""}`, stray(`{"exitCode":1 "output":""}`), ""},
		{"no colon", `{"exitCode" 1}`, stray(`{"exitCode" 1}`), ""},
		{"no value", `{"exitCode":}`, stray(`{"exitCode":}`), ""},
		{"bare name", `{exitCode:1}`, stray(`{exitCode:1}`), ""},
		{"single quotes", `{'exitCode':1}`, stray(`{'exitCode':1}`), ""},
		{"Python's True", `{"wasCancelled":True}`, stray(`{"wasCancelled":True}`), ""},
		{"bad literal", `{"wasCancelled":trux}`, stray(`{"wasCancelled":trux}`), ""},
		{"long literal", `{"wasCancelled":truee}`, stray(`{"wasCancelled":truee}`), ""},
		{"bad number", `{"exitCode":01}`, stray(`{"exitCode":01}`), ""},
		{"number not ended", `{"exitCode":1.}`, stray(`{"exitCode":1.}`), ""},
		{"bad escape", `{"output":"\x"}`, stray(`{"output":"\x"}`), ""},
		{"bad digits", `{"output":"\u00g0"}`, stray(`{"output":"\u00g0"}`), ""},
		{"wrong bracket", `{"x":[1}`, stray(`{"x":[1}`), ""},
	})
}

func TestDecodeWrongField(t *testing.T) {
	wrong := func(field, want, head string) error { return &FieldError{field, want, Text{Head: head}} }
	checkErrors(t, []errorCase{
		{"exit code a fraction", `{"exitCode":1.5}`, wrong("exitCode", "an integer", `{"exitCode":1.5}`),
			`exitCode in the response '{"exitCode":1.5}' is not an integer`},
		{"exit code a word", `{"exitCode":"one"}`, wrong("exitCode", "an integer", `{"exitCode":"one"}`), ""},
		{"exit code empty", `{"exitCode":""}`, wrong("exitCode", "an integer", `{"exitCode":""}`), ""},
		{"exit code of Go", `{"exitCode":"0x1p4"}`, wrong("exitCode", "an integer", `{"exitCode":"0x1p4"}`), ""},
		{"exit code with a plus", `{"exitCode":"+1"}`, wrong("exitCode", "an integer", `{"exitCode":"+1"}`), ""},
		{"exit code in blanks", `{"exitCode":"1 "}`, wrong("exitCode", "an integer", `{"exitCode":"1 "}`), ""},
		{"exit code a literal", `{"exitCode":"true"}`, wrong("exitCode", "an integer", `{"exitCode":"true"}`), ""},
		{"exit code infinite", `{"exitCode":"inf"}`, wrong("exitCode", "an integer", `{"exitCode":"inf"}`), ""},
		{"exit code a boolean", `{"exitCode":true}`, wrong("exitCode", "an integer", `{"exitCode":true}`), ""},
		{"exit code an array", `{"exitCode":[0]}`, wrong("exitCode", "an integer", `{"exitCode":[0]}`), ""},
		{"id too large", `{"requestId":2147483648}`, wrong("requestId", "an integer", `{"requestId":2147483648}`), ""},
		{"id far too large", `{"request_id":1e999}`, wrong("request_id", "an integer", `{"request_id":1e999}`), ""},
		{"output a number", `{"output":1}`, wrong("output", "a string", `{"output":1}`), ""},
		{"output an array", `{"output":["a"]}`, wrong("output", "a string", `{"output":["a"]}`), ""},
		{"cancelled a word", `{"wasCancelled":"true"}`, wrong("wasCancelled", "a boolean", `{"wasCancelled":"true"}`), ""},
		{"twice", `{"exitCode":0,"exit_code":0}`, wrong("exit_code", "given once", `{"exitCode":0,"exit_code":0}`), ""},
	})
}

func TestDecodeTooDeepOrCutOff(t *testing.T) {
	long := longest()
	checkErrors(t, []errorCase{
		{"too deep", `{"x":` + strings.Repeat("[", 100), &TooDeepError{100},
			"a response is nested more than 100 levels deep"},
		{"cut off", `{"exitCode":0,`, &CutError{Text{Head: `{"exitCode":0,`}},
			`the response '{"exitCode":0,' was cut off by the end of the output`},
		{"cut off in a string", `{"output":"}`, &CutError{Text{Head: `{"output":"}`}}, ""},
		{"cut off, long", `{"output":"` + long, &CutError{Text{Head: (`{"output":"` + long)[:textMost], Cut: true}}, ""},
	})
}

// What ends in an error has given the responses before it, and no more come.
func TestErrorIsFinal(t *testing.T) {
	var d Decoder
	got, err := decode(&d, `{"requestId":1}{"requestId":`, "2}oops\n", `{"requestId":3}`)
	if want := []Response{{RequestID: 1}, {RequestID: 2}}; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	again := d.Feed([]byte(`{"requestId":4}`), func(r Response) { t.Errorf("after the error: %+v", r) })
	if _, ok := err.(*StrayError); !ok || again != err {
		t.Errorf("got %v, then %v", err, again)
	}
}

func TestStray(t *testing.T) {
	var d Decoder
	each := func(Response) {}
	for _, step := range []struct{ in, stray string }{
		{"", ""},
		{"{} ", ""},
		{`{"x`, ""}, // may still be a response
		{"\x01", `'{"x\x01'`},
		{"yz", `'{"x\x01yz'`},
	} {
		if err := d.Feed([]byte(step.in), each); err != nil {
			t.Fatalf("%q: %v", step.in, err)
		}
		if got := d.Stray(); got != step.stray {
			t.Errorf("after %q: %s, want %s", step.in, got, step.stray)
		}
	}
	err := d.Close()
	if stray, ok := err.(*StrayError); !ok || stray.Text.Head != "{\"x\x01yz" {
		t.Errorf("Close: %v", err)
	}
	if got := d.Stray(); got != "" {
		t.Errorf("after Close: %s", got)
	}
}

func TestMaxResponse(t *testing.T) {
	const object = `{"output":"0123456789"}`
	for _, test := range []struct {
		most int
		err  error
	}{
		{len(object), nil},
		{len(object) - 1, &TooLargeError{len(object) - 1}},
		{1, &TooLargeError{1}},
	} {
		for _, pieces := range [][]string{{object + object}, strings.Split(object+object, ""), {object[:3], object[3:]}} {
			got, err := decode(&Decoder{MaxResponse: test.most}, pieces...)
			if !reflect.DeepEqual(err, test.err) || (err == nil) != (len(got) > 0) {
				t.Errorf("at most %d, %d pieces: %+v, %v; want %v", test.most, len(pieces), got, err, test.err)
			}
		}
	}
}

// The default bound: a worker that writes an endless response is stopped, and
// what is read of it is let go.
func TestEndlessResponse(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 64 MiB")
	}
	var d Decoder
	piece := []byte(`{"output":"` + strings.Repeat("x", 1<<20-11))
	fed := 0
	for fed <= DefaultMaxResponse {
		if err := d.Feed(piece, func(Response) {}); err != nil {
			break
		}
		fed += len(piece)
		piece = []byte(strings.Repeat("x", 1<<20))
	}
	if err, ok := d.Close().(*TooLargeError); !ok || err.Most != 64<<20 || fed != 64<<20 || d.held != nil {
		t.Errorf("%v after %d bytes, %d still held", d.err, fed, cap(d.held))
	}
}

func TestLargeResponseIsLetGo(t *testing.T) {
	var d Decoder
	in, _ := json.Marshal(map[string]any{"output": strings.Repeat("é\n", 1<<20)})
	got, err := decode(&d, string(in[:9]), string(in[9:]), "{}")
	if err != nil || len(got) != 2 || got[0].Output != strings.Repeat("é\n", 1<<20) {
		t.Errorf("%d responses, %v", len(got), err)
	}
	if cap(d.held) > keptMost {
		t.Errorf("%d bytes still held", cap(d.held))
	}
}

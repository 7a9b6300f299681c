package halt

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestParseTermSeq(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		in    string
		steps []Step
		shown string
	}{
		{"", TermSeq{}.Steps(), "TERM,200,TERM,100,TERM,50,KILL,25"},
		{"INT,200,KILL,25", []Step{{syscall.SIGINT, 200 * ms}, {syscall.SIGKILL, 25 * ms}}, "INT,200,KILL,25"},
		{"SIGHUP,1", []Step{{syscall.SIGHUP, ms}}, "HUP,1"},
		{"term,0.5,9", []Step{{syscall.SIGTERM, ms / 2}, {syscall.SIGKILL, 0}}, "TERM,0.5,KILL,0"},
		{"2", []Step{{syscall.SIGINT, 0}}, "INT,0"},
		{"127,1", []Step{{127, ms}}, "127,1"},
	}
	for _, tt := range tests {
		q, err := ParseTermSeq(tt.in)
		if err != nil || !slices.Equal(q.Steps(), tt.steps) || q.String() != tt.shown {
			t.Errorf("ParseTermSeq(%q) = %v, %v; want %v", tt.in, q, err, tt.shown)
		}
	}
	if want := (TermSeq{}).Steps(); len(want) != 4 || want[0] != (Step{syscall.SIGTERM, 200 * ms}) {
		t.Errorf("default = %v", want)
	}
}

func TestParseTermSeqErrors(t *testing.T) {
	for _, in := range []string{
		",", "TERM,", "TERM,x", "TERM,-1", "TERM,1s", "TERM,1..2", "FOO,1", "SIG,1", "SIGSIGTERM,1", "0,1", "128,1", "-9,1", "TERM,200,,25",
		"TERM,200,", "TERM 200", " TERM,1", "TERM,9223372036854775807", "TERM,1\n",
	} {
		_, err := ParseTermSeq(in)
		checkError(t, in, err)
		q := TermSeq{steps: []Step{{syscall.SIGINT, 0}}}
		if q.Set(in) == nil || q.String() != "INT,0" {
			t.Errorf("Set(%q) changed the old value to %v", in, q)
		}
	}
}

// The steps are the caller's: changing them changes no sequence.
func TestTermSeqSteps(t *testing.T) {
	q, err := ParseTermSeq("INT,1")
	if err != nil {
		t.Fatal(err)
	}
	q.Steps()[0].Signal = syscall.SIGKILL
	if q.String() != "INT,1" {
		t.Errorf("changed to %v", q)
	}
}

func FuzzParseTermSeq(f *testing.F) {
	for _, in := range []string{"", "INT,200,KILL,25", "9", "term,0.5", "SIGHUP,", "127,1"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		q, err := ParseTermSeq(in)
		if err != nil {
			checkError(t, in, err)
			return
		}
		again, err := ParseTermSeq(q.String())
		if err != nil || again.String() != q.String() {
			t.Fatalf("ParseTermSeq(%q) = %v, read again %v, %v", in, q, again, err)
		}
	})
}

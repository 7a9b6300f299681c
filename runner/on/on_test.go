package on

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []Place // nil if it is refused
	}{
		{"ssh:a", []Place{{Way: SSH, Host: "a"}}},
		{"ssh:8*a,me@b", []Place{{Way: SSH, Host: "a", Slots: 8}, {Way: SSH, Host: "me@b"}}},
		{"ssh:[::1]", []Place{{Way: SSH, Host: "[::1]"}}},
		{"ssh:", nil},
		{"ssh:a,,b", nil},
		{"ssh:-oProxyCommand=x", nil},
		{"ssh:2*-v", nil},
		{"ssh:a b", nil},
		{"ssh:0*a", nil},
		{"ssh:99999999999999999999*a", nil},
		{"slurm", []Place{{Way: Slurm}}},
		{"slurm:-p long -c 8", []Place{{Way: Slurm, Text: "-p long -c 8"}}},
		{"slurm:4*-N2", []Place{{Way: Slurm, Slots: 4, Text: "-N2"}}},
		{"cmd:kubectl exec -i pod -- xpool --agent", []Place{{Way: Command, Text: "kubectl exec -i pod -- xpool --agent"}}},
		{"cmd:3*cat a*", []Place{{Way: Command, Slots: 3, Text: "cat a*"}}},
		{"cmd:cat 3*", []Place{{Way: Command, Text: "cat 3*"}}},
		{"cmd: ", nil},
		{"cmd", nil},
		{"local", []Place{{Way: Local}}},
		{"local:3", []Place{{Way: Local, Slots: 3}}},
		{"local:", nil},
		{"local:+3", nil},
		{"host", nil},
		{"", nil},
	} {
		got, err := Parse(tt.text)
		if err != nil {
			got = nil
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
	}
}

func TestParseLogins(t *testing.T) {
	ssh := func(slots int, words ...string) Place {
		p := Place{Way: SSH, Slots: slots, Host: words[len(words)-1]}
		if len(words) > 1 {
			p.Program = words[:len(words)-1]
		}
		return p
	}
	for _, tt := range []struct {
		text string
		want []Place
	}{
		{"server.example.com", []Place{ssh(0, "server.example.com")}},
		{"8/eight,me@b", []Place{ssh(8, "eight"), ssh(0, "me@b")}},
		{":", []Place{{Way: Local}}},
		{"16/:", []Place{{Way: Local, Slots: 16}}},
		{"4/ssh -p 2222 quad", []Place{ssh(4, "ssh", "-p", "2222", "quad")}},
		{"//usr/local/bin/myssh -l me hexa", []Place{ssh(0, "/usr/local/bin/myssh", "-l", "me", "hexa")}},
		{"6//usr/local/bin/myssh hexa", []Place{ssh(6, "/usr/local/bin/myssh", "hexa")}},
		{`ssh -o A=b\,c one,two`, []Place{ssh(0, "ssh", "-o", "A=b,c", "one"), ssh(0, "two")}},
		{"@group/server", nil},
		{"0/a", nil},
		{"", nil},
		{"ssh -v", nil},
	} {
		got, err := ParseLogins(tt.text)
		if err != nil {
			got = nil
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("ParseLogins(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
	}
}

func TestReadLogins(t *testing.T) {
	got, err := ReadLogins(strings.NewReader("# all\n\n  2/a\nssh -p 1 b\n"))
	if err != nil || len(got) != 2 || got[0].Host != "a" || got[1].Name() != "ssh -p 1 b" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ReadLogins(strings.NewReader("a\n\n@x/b\n")); err == nil || !strings.HasPrefix(err.Error(), "line 3: ") {
		t.Errorf("of a bad line 3: %v", err)
	}
}

func TestArgv(t *testing.T) {
	a := Access{Self: "/bin/xpool", Shell: "/bin/sh"}
	custom := a
	custom.SSH = []string{"myssh", "-F", "x"}
	const start = "exec /bin/sh -c 'exec xpool --agent'"
	for _, tt := range []struct {
		access Access
		place  Place
		want   []string
	}{
		{a, Place{Way: SSH, Host: "h"}, []string{"ssh", "-T", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=15", "--", "h", start}},
		{custom, Place{Way: SSH, Host: "h"}, []string{"myssh", "-F", "x", "h", start}},
		{custom, Place{Way: SSH, Host: "h", Program: []string{"ssh", "-v"}}, []string{"ssh", "-v", "h", start}},
		{a, Place{Way: Slurm, Text: "-p x"}, []string{"srun", "-p", "x", "--unbuffered", "/bin/sh", "-c", "exec xpool --agent"}},
		{a, Place{Way: Command, Text: "cat | cat"}, []string{"/bin/sh", "-c", "cat | cat"}},
		{a, Place{Way: Local}, []string{"/bin/xpool", "--agent"}},
	} {
		if got := tt.access.Argv(tt.place); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Argv(%+v) = %q, want %q", tt.place, got, tt.want)
		}
	}
	if len(custom.SSH) != 3 {
		t.Errorf("the words of ssh have become %q", custom.SSH)
	}
}

// FuzzParse holds that what is taken can be reached: a host is no option, and nothing
// runs in fewer slots than one.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"ssh:8*a,b", "slurm:2*-N1", "cmd:3*x", "local:4", "4/ssh -p 1 b,:", "//x y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) ([]Place, error){Parse, ParseLogins} {
			places, err := parse(text)
			if err == nil && len(places) == 0 {
				t.Errorf("%q is neither refused nor anything", text)
			}
			for _, p := range places {
				if err == nil && (p.Slots < 0 || p.Way == SSH && (p.Host == "" || p.Host[0] == '-') || p.Name() == "") {
					t.Errorf("%q is %+v", text, p)
				}
			}
		}
	})
}

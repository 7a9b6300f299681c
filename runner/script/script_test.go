package script

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestRender(t *testing.T) {
	tests := []struct {
		class    Class
		in, want string
		ok       bool
	}{
		{Text, "", "", true},
		{Text, "a[$(x)]\xff\n", "a[$(x)]\xff\n", true},
		{Integer, "0", "0", true},
		{Integer, "010", "10", true},
		{Integer, "08", "8", true},
		{Integer, "-007", "-7", true},
		{Integer, "+7", "7", true},
		{Integer, "-0", "0", true},
		{Integer, "000", "0", true},
		{Integer, "99999999999999999999", "99999999999999999999", true},
		{Integer, "", "", false},
		{Integer, "-", "", false},
		{Integer, "+-1", "", false},
		{Integer, "1 ", "", false},
		{Integer, "1\n", "", false},
		{Integer, "0x10", "", false},
		{Integer, "16#f", "", false},
		{Integer, "1.5", "", false},
		{Integer, "a", "", false},
		{Integer, "a[$(reboot)]", "", false},
		{Integer, "٣", "", false},
		{Identifier, "a", "a", true},
		{Identifier, "_A1", "_A1", true},
		{Identifier, "", "", false},
		{Identifier, "1a", "", false},
		{Identifier, "a[1]", "", false},
		{Identifier, "a b", "", false},
		{Identifier, "-v", "", false},
		{Identifier, "é", "", false},
	}
	for _, tt := range tests {
		got, err := Value{Class: tt.class}.Render(tt.in)
		var ve *ValueError
		if got != tt.want || (err == nil) != tt.ok || err != nil && !errors.As(err, &ve) {
			t.Errorf("%v of %q: got %q, %v", tt.class, tt.in, got, err)
		}
	}
}

func TestValueError(t *testing.T) {
	tests := []struct {
		v       Value
		s, want string
	}{
		{Value{Class: Integer, Line: 1, Col: 8}, "a[$(reboot)]", `'a[$(reboot)]' is not an integer (arithmetic context, line 1, column 8)`},
		{Value{Class: Identifier, Line: 2, Col: 3}, "\"a\nb\xff", `'"a\nb\xff' is not a variable's name (the shell evaluates names, line 2, column 3)`},
	}
	for _, tt := range tests {
		if err := tt.v.Check(tt.s); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestDialectOf(t *testing.T) {
	dir := t.TempDir()
	link := func(target, name string) string {
		if err := os.WriteFile(filepath.Join(dir, target), nil, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(dir, target), path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]Dialect{
		"/bin/bash": Bash, "bash": Bash, "/opt/bash-5.2": Bash, "/bin/dash": POSIX, "/nonexistent/sh": POSIX, "/usr/bin/zsh": Zsh, "-zsh": Zsh,
		"/bin/mksh": MirBSDKorn, "/nonexistent/ksh93": MirBSDKorn, "/bin/busybox": POSIX, "": POSIX, "/bin/fish": POSIX,
		link("bash", "a/sh"): Bash, link("dash", "b/sh"): POSIX, link("busybox", "c/sh"): POSIX, link("mksh", "d/ksh"): MirBSDKorn, link("zsh", "e/sh"): Zsh,
	} {
		if got := DialectOf(path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

// Random bytes through a few places in every shell.
func TestRandomRecords(t *testing.T) {
	const seed = 20
	r := rand.New(rand.NewPCG(seed, seed))
	special := []byte("$`\"'\\\n \t{}()[]<>|&;*?!~#=%-ax\x01\x7f\x80\x81\x82\x85\x88\xc2\xff")
	var records []string
	for range 300 {
		b := make([]byte, r.IntN(12))
		for i := range b {
			if b[i] = byte(1 + r.IntN(255)); r.IntN(3) > 0 {
				b[i] = special[r.IntN(len(special))]
			}
		}
		records = append(records, string(b)+".") // $( ) would drop a newline at the end
	}
	src := `printf '<%s>' {} "a{}" 'b{}' "$(printf %s {})" "${nope:-{}}"; v=x{}; printf '[%s]' "${v#x{}}"
cat <<E
{}
E
cat <<'E'
$x{}
E
case {} in {}) printf yes;; esac`
	for _, j := range judges(t) {
		if j.key == 'm' {
			continue // has no printf of its own: too slow
		}
		script, err := Compile(src, Options{Dialect: j.dialect})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range j.run(t, t.TempDir(), script, slices.Clone(records)) {
			s := records[i]
			if want := "<" + s + "><a" + s + "><b" + s + "><" + s + "><" + s + ">[]" + s + "\n$x" + s + "\nyes"; got != want {
				t.Fatalf("%s with %q:\n got %q\nwant %q", j.argv[0], s, got, want)
			}
		}
	}
}

package on

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// testAgent returns an agent that only says that it runs, and what it then reads.
func testAgent(t *testing.T) *Agent {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	const program = "#!/bin/sh\ncase $1 in --agent) echo agent speaks; cat;; --version) echo xpool 1;; esac\n"
	if err := os.WriteFile(file, []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	a, err := NewAgent(file, "xpool 1\n")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// far is a far end: a shell that runs the agent's script.
type far struct {
	a     *Agent
	shell []string
	dir   string // its cache
	path  string // its PATH
	noise string // what a login script prints
}

// converse runs the far end until it ends, with "hello" for the agent, and returns
// what the agent says, what stands on standard error, and whether the agent was sent.
func (f far) converse(t *testing.T) (said, stderr string, sent bool, err error) {
	t.Helper()
	args := append(f.shell[1:len(f.shell):len(f.shell)], "-c", f.noise+f.a.Script())
	cmd := exec.Command(f.shell[0], args...)
	cmd.Env = []string{"PATH=" + f.path, "XDG_CACHE_HOME=" + f.dir}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var words bytes.Buffer
	cmd.Stderr = &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g := f.a.Greeting()
	said, sent, err = speak(g, in, out)
	in.Close()
	rest, _ := io.ReadAll(out)
	_ = cmd.Wait() // the words tell
	return said + string(rest), words.String(), sent, err
}

// speak is the near end until the agent has been greeted. It reads byte by byte, as it
// may come.
func speak(g *Greeting, in io.Writer, out io.Reader) (said string, sent bool, err error) {
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(out, b); err != nil {
			return "", sent, err
		}
		say, rest, over, err := g.Hear(b)
		sent = sent || len(say) > 1
		if _, werr := in.Write(say); werr != nil || err != nil {
			return "", sent, errors.Join(err, werr)
		}
		if over {
			_, err := io.WriteString(in, "hello")
			return string(rest), sent, err
		}
	}
}

// shells are those that may be at the far end.
func shells(t *testing.T) map[string][]string {
	all := map[string][]string{"sh": {"/bin/sh"}, "busybox": {peertest.Path(t, "busybox"), "sh"}}
	for _, name := range []string{"bash", "dash", "mksh", "zsh"} {
		all[name] = []string{peertest.Path(t, name)}
	}
	return all
}

// TestInstall has the agent sent the first time and found the second time, in all
// shells, with a path that wants quotes and a login script that prints.
func TestInstall(t *testing.T) {
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a b")
			f := far{a: testAgent(t), shell: shell, dir: dir, path: os.Getenv("PATH"), noise: "echo Welcome; printf xpool-agent:; "}
			for _, want := range []bool{true, false} {
				said, stderr, sent, err := f.converse(t)
				if err != nil || said != "agent speaks\nhello" || sent != want || stderr != "" {
					t.Errorf("said %q, %q, sent %v, want %v, %v", said, stderr, sent, want, err)
				}
			}
			files, err := os.ReadDir(filepath.Join(dir, "xpool"))
			if err != nil || len(files) != 1 {
				t.Fatalf("in the cache: %v, %v", files, err)
			}
			if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the mode of the agent: %v, %v", info, err)
			}
		})
	}
}

// TestFound has the agent in PATH: in the same version, and in another one, which is
// not taken.
func TestFound(t *testing.T) {
	for _, same := range []bool{true, false} {
		a := testAgent(t)
		bin := t.TempDir()
		if err := os.Symlink(a.file, filepath.Join(bin, "xpool")); err != nil {
			t.Fatal(err)
		}
		if !same {
			a.version = "xpool 2"
		}
		f := far{a: a, shell: []string{"/bin/sh"}, dir: t.TempDir(), path: bin + ":" + os.Getenv("PATH")}
		said, _, sent, err := f.converse(t)
		if err != nil || said != "agent speaks\nhello" || sent == same {
			t.Errorf("same version %v: said %q, sent %v, %v", same, said, sent, err)
		}
	}
}

// TestInstallFails has the reason told, and nothing left behind.
func TestInstallFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, dir, noise, want string
	}{
		{"no directory", file, "", "cannot make the directory"},
		{"a full disk", "", "head() { return 1; }; gzip() { return 1; }; ", "is it full?"},
		{"not whole", "", "gzip() { command gzip -dc | head -n 1; }; ", "has not come whole"},
		{"no execution", "", "chmod() { command chmod 600 $2; }; ", "programs cannot be run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := far{a: testAgent(t), shell: []string{"/bin/sh"}, dir: tt.dir, path: os.Getenv("PATH"), noise: tt.noise}
			if f.dir == "" {
				f.dir = t.TempDir()
			}
			said, stderr, _, _ := f.converse(t)
			if said != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("said %q, %q, want %q", said, stderr, tt.want)
			}
			if files, _ := filepath.Glob(filepath.Join(f.dir, "xpool", "*")); len(files) > 0 {
				t.Errorf("left behind: %q", files)
			}
		})
	}
}

// TestScript holds that any login shell passes the script on as it is.
func TestScript(t *testing.T) {
	a := testAgent(t)
	a.version = "x`$y\\'!\"\nz"
	if s := a.Script(); strings.ContainsAny(s, "'\\!\n`") || !strings.Contains(s, "xyz") {
		t.Errorf("the script is %s", s)
	}
}

func TestGreeting(t *testing.T) {
	a := testAgent(t)
	own := systemName(runtime.GOOS) + " " + map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	hear := func(text string) (string, string, bool, error) {
		say, rest, over, err := a.Greeting().Hear([]byte(text))
		return string(say), string(rest), over, err
	}
	if say, rest, over, err := hear("Hi\n\nxpool-agent: run\nab\n"); say != "" || rest != "ab\n" || !over || err != nil {
		t.Errorf("an agent that is there: %q, %q, %v, %v", say, rest, over, err)
	}
	if say, _, over, err := hear("xpool-agent: want VMS vax\n"); say != "\n" || over || err == nil || !strings.Contains(err.Error(), "VMS vax") {
		t.Errorf("another system: %q, %v, %v", say, over, err)
	}
	if say, _, over, err := hear(wantLine + own + "\n" + wantLine + own + "\n"); over || err != nil || strings.Count(say, "\n") == 0 {
		t.Errorf("two wishes: %q, %v, %v", say, over, err)
	}
	for _, noise := range []string{strings.Repeat("x", noiseMost+1), strings.Repeat("y\n", noiseMost/2+1)} {
		if _, _, over, err := hear(noise); over || err == nil {
			t.Errorf("endless noise: %v, %v", over, err)
		}
	}
}

// FuzzGreeting holds that how the stream is cut into pieces makes no difference.
func FuzzGreeting(f *testing.F) {
	f.Add([]byte("Hi\n\nxpool-agent: run\nrest"), 3)
	f.Add([]byte("xpool-agent: want VMS vax\n"), 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		a := &Agent{file: "/dev/null"}
		whole, pieces := a.Greeting(), a.Greeting()
		say, rest, over, err := whole.Hear(b)
		n := 0
		if len(b) > 0 {
			n = int(uint(cut) % uint(len(b)))
		}
		say2, rest2, over2, err2 := pieces.Hear(b[:n])
		if over2 {
			rest2 = append(bytes.Clone(rest2), b[n:]...)
		} else if err2 == nil {
			var more []byte
			more, rest2, over2, err2 = pieces.Hear(b[n:])
			say2 = append(say2, more...)
		}
		if !bytes.Equal(say, say2) || !bytes.Equal(rest, rest2) || over != over2 || (err == nil) != (err2 == nil) {
			t.Errorf("%q whole: %q %q %v %v; in two: %q %q %v %v", b, say, rest, over, err, say2, rest2, over2, err2)
		}
	})
}

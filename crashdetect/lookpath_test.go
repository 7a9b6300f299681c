package crashdetect

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// place makes a file in dir with this mode and content, or a directory for mode os.ModeDir.
func place(t *testing.T, dir, name string, mode os.FileMode, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	var err error
	if mode.IsDir() {
		err = os.Mkdir(path, 0o755)
	} else if err = os.WriteFile(path, []byte(content), mode); err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLookPath(t *testing.T) {
	here, a, b := t.TempDir(), t.TempDir(), t.TempDir()
	t.Chdir(here)
	inA := place(t, a, "tool", 0o755, "")
	inB := place(t, b, "tool", 0o755, "")
	plainA, toolB := place(t, a, "later", 0o644, ""), place(t, b, "later", 0o755, "")
	refused := place(t, a, "plain", 0o644, "")
	dirB := place(t, b, "folder", os.ModeDir, "")
	place(t, a, "mixed", os.ModeDir, "")
	mixedB := place(t, b, "mixed", 0o644, "")
	place(t, here, "local", 0o755, "")
	place(t, here, "note", 0o644, "")
	gone := filepath.Join(a, "gone")
	for _, tt := range []struct {
		name, file, path string
		want, text       string
		code             int
		is               error
	}{
		{"first wins", "tool", a + ":" + b, inA, "", 0, nil},
		{"order counts", "tool", b + ":" + a, inB, "", 0, nil},
		{"missing directories", "tool", gone + "::" + b + "/", inB, "", 0, nil},
		{"refused, then found", "later", a + ":" + b, toolB, "", 0, nil},
		{"a file in the way", "tool", plainA + ":" + b, inB, "", 0, nil},
		{"empty path is here", "local", "", "./local", "", 0, nil},
		{"empty element is here", "local", a + "::" + b, "./local", "", 0, nil},
		{"last element empty", "local", a + ":", "./local", "", 0, nil},
		{"slash", "./local", a, "./local", "", 0, nil},
		{"here but not in path", "local", a, "", "cannot run 'local': not found in PATH (did you mean './local'?)", 127, exec.ErrNotFound},
		{"not found", "quiteother", a, "", "cannot run 'quiteother': not found in PATH", 127, exec.ErrNotFound},
		{"suggested", "tol", a, "", "cannot run 'tol': not found in PATH (did you mean 'tool'?)", 127, exec.ErrNotFound},
		{"nothing", "", a, "", "cannot run '': not found in PATH", 127, exec.ErrNotFound},
		{"not executable", "plain", a + ":" + b, "", "cannot run 'plain': '" + refused + "': permission denied", 126, syscall.EACCES},
		{"a directory", "folder", a + ":" + b, "", "cannot run 'folder': '" + dirB + "': is a directory", 126, syscall.EISDIR},
		{"this directory", ".", a + ":" + b, "", "cannot run '.': is a directory", 126, syscall.EISDIR},
		{"the one above, and no path", "..", "", "", "cannot run '..': is a directory", 126, syscall.EISDIR},
		{"a directory, then a file", "mixed", a + ":" + b, "", "cannot run 'mixed': '" + mixedB + "': permission denied", 126, syscall.EACCES},
		{"slash, missing", "./gone", a, "", "cannot run './gone': no such file or directory", 127, syscall.ENOENT},
		{"slash, plain", "./note", a, "", "cannot run './note': permission denied", 126, syscall.EACCES},
		{"slash, directory", here + "/", a, "", "cannot run '" + here + "/': is a directory", 126, syscall.EISDIR},
		{"trailing slash of a file", "./local/", a, "", "cannot run './local/': not a directory", 126, syscall.ENOTDIR},
		{"trailing slash, missing", "gone/", a, "", "cannot run 'gone/': no such file or directory", 127, syscall.ENOENT},
		{"slash, through a file", "note/x", a, "", "cannot run 'note/x': not a directory", 126, syscall.ENOTDIR},
		{"NUL", "a\x00b", a, "", `cannot run "a\x00b": not found in PATH`, 127, exec.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := LookPath(tt.file, tt.path)
			if got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
			if tt.is == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			se, ok := errors.AsType[*StartError](err)
			if !ok {
				t.Fatalf("error %v is no *StartError", err)
			}
			if se.Error() != tt.text || se.Code() != tt.code || !errors.Is(err, tt.is) {
				t.Errorf("%q, code %d; want %q, %d, is %v", se, se.Code(), tt.text, tt.code, tt.is)
			}
		})
	}
}

func TestSuggest(t *testing.T) {
	bin, other := t.TempDir(), t.TempDir()
	for _, name := range []string{"convert", "git", "grep", "ls", "python3", "bat", "cat", "cap"} {
		place(t, bin, name, 0o755, "")
	}
	place(t, bin, "convrx", 0o644, "") // nearer to convrt, but cannot be run
	place(t, other, "covert", 0o755, "")
	path := bin + ":" + filepath.Join(bin, "missing") + ":" + other
	for name, want := range map[string]string{
		"convrt":    "convert",
		"convret":   "convert", // a swap is one step
		"coonvertt": "convert",
		"gti":       "git",
		"gerp":      "grep",
		"pyton3":    "python3",
		"caz":       "cap", // cat and cap are equally near
		"bap":       "bat", // cap is as near, and bat has the first letter
		"sl":        "",    // too short to tell
		"pithno":    "",    // two steps are too many for six letters
		"x":         "",
		"":          "",
		"convert":   "covert", // itself is no suggestion
		"a/convrt":  "",
		"imagick":   "",
	} {
		if got := Suggest(name, path); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestNewStartError starts what cannot be started, so that the errors are those of the system.
func TestNewStartError(t *testing.T) {
	dir := t.TempDir()
	script := place(t, dir, "script", 0o755, "#!/nowhere/python3 -u\n")
	crlf := place(t, dir, "crlf", 0o755, "#!/bin/sh\r\necho\n")
	data := place(t, dir, "data", 0o755, "no program\n")
	plain := place(t, dir, "plain", 0o644, "")
	for _, tt := range []struct {
		name, program, path string
		dir                 string
		args                []string
		text                string
		code                int
	}{
		{"interpreter", "script", script, "", nil, "cannot run 'script': '" + script + "': its interpreter '/nowhere/python3' was not found", 126},
		{"carriage return", crlf, crlf, "", nil, "cannot run '" + crlf + `': its interpreter "/bin/sh\r" was not found`, 126},
		{"format", data, data, "", nil, "cannot run '" + data + "': exec format error", 126},
		{"mode", plain, plain, "", nil, "cannot run '" + plain + "': permission denied", 126},
		{"gone", dir + "/gone", dir + "/gone", "", nil, "cannot run '" + dir + "/gone': no such file or directory", 127},
		{"too long", script, script, "", []string{strings.Repeat("x", 16<<20)}, "cannot run '" + script + "': argument list too long", 126},
		{"directory", script, script, dir + "/gone", nil, "cannot run '" + script + "': chdir " + dir + "/gone: no such file or directory", 126},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command(tt.path, tt.args...)
			cmd.Dir = tt.dir
			err := cmd.Start()
			if err == nil {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				t.Fatal("it started")
			}
			e := NewStartError(tt.program, tt.path, err)
			if e.Error() != tt.text || e.Code() != tt.code {
				t.Errorf("%q, code %d; want %q, %d", e, e.Code(), tt.text, tt.code)
			}
		})
	}
}

func TestInterpreterOf(t *testing.T) {
	for head, want := range map[string]string{
		"":                           "",
		"#":                          "",
		"#!":                         "",
		"#!\n/bin/sh":                "",
		"#!/bin/sh":                  "/bin/sh",
		"#! \t/usr/bin/env python\n": "/usr/bin/env",
		"#!/bin/sh\r\n":              "/bin/sh\r",
		"\x7fELF":                    "",
	} {
		if got := interpreterOf([]byte(head)); got != want {
			t.Errorf("interpreterOf(%q) = %q, want %q", head, got, want)
		}
	}
}

func FuzzInterpreterOf(f *testing.F) {
	f.Add([]byte("#!/bin/sh -e\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		if name := interpreterOf(head); strings.ContainsAny(name, " \t\n\x00") {
			t.Errorf("interpreterOf(%q) = %q", head, name)
		}
	})
}

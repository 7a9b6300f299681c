package on

import (
	"path"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseFile(t *testing.T) {
	for _, tt := range []struct{ name, here, there string }{
		{"/tmp/foo/bar", "/tmp/foo/bar", "/tmp/foo/bar"},
		{"tmp/foo/bar", "tmp/foo/bar", "tmp/foo/bar"},
		{"/tmp/./foo/bar", "/tmp/foo/bar", "foo/bar"},
		{"tmp/./foo/bar", "tmp/foo/bar", "foo/bar"},
		{"./foo", "foo", "foo"},
		{"a/././/b/./c", "a/b/c", "b/c"},
		{"../x/./y", "../x/y", "y"},
		{"a/../b", "b", "b"},
		{" -x\n", " -x\n", " -x\n"},
		{"/etc/../etc/x", "/etc/x", "/etc/x"},
		{"..", "", ""},
		{"../x", "", ""},
		{"a/../../x", "", ""},
		{"a/./../x", "", ""},
		{"a\x00b", "", ""},
		{"dir/", "", ""},
		{".", "", ""},
		{"/", "", ""},
		{"a/./", "", ""},
		{"", "", ""},
	} {
		f, err := ParseFile(tt.name)
		if err != nil {
			f = File{}
		}
		if want := (File{Here: tt.here, There: tt.there}); f != want || (err == nil) != (tt.here != "") {
			t.Errorf("ParseFile(%q) = %+v, %v, want %+v", tt.name, f, err, want)
		}
	}
}

// FuzzParseFile holds that a file stays below the working directory there, or is
// where its name says.
func FuzzParseFile(f *testing.F) {
	for _, s := range []string{"/tmp/./a", "../x", "a/./../../b", "/../x", ".//./x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		file, err := ParseFile(name)
		if err != nil {
			return
		}
		if !path.IsAbs(file.There) && !filepath.IsLocal(file.There) || path.IsAbs(file.There) && !strings.HasPrefix(name, "/") {
			t.Errorf("%q is %q there", name, file.There)
		}
		if again, err := ParseFile(file.There); err != nil || again.There != file.There {
			t.Errorf("%q there is %+v, %v", file.There, again, err)
		}
	})
}

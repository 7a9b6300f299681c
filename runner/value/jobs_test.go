package value

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJobsResolve(t *testing.T) {
	tests := []struct {
		in        string
		cpus      int
		want      int
		unlimited bool
	}{
		{"4", 8, 4, false},
		{"010", 8, 10, false},
		{" 4\n", 8, 4, false},
		{"0", 8, 0, true},
		{"00", 8, 0, true},
		{"1000000", 1, MaxJobs, false},
		{"+0", 8, 8, false},
		{"+2", 8, 10, false},
		{"+1000000", 8, MaxJobs, false},
		{"-0", 8, 8, false},
		{"-1", 8, 7, false},
		{"-1", 1, 1, false},
		{"-99", 8, 1, false},
		{"100%", 8, 8, false},
		{"50%", 8, 4, false},
		{"50%", 3, 2, false},
		{"50%", 1, 1, false},
		{"0%", 8, 1, false},
		{"12.5%", 8, 1, false},
		{"12.6%", 8, 2, false},
		{".5%", 1000, 5, false},
		{"200%", 8, 16, false},
		{"1000000%", 8, 80000, false},
		{"1000000%", 1 << 20, MaxJobs, false},
		{"4", 0, 4, false},
		{"50%", 0, 1, false},
		{"+1", -3, 2, false},
		{"+1", math.MaxInt, MaxJobs, false},
	}
	for _, tt := range tests {
		j, err := ParseJobs(tt.in)
		if err != nil {
			t.Errorf("ParseJobs(%q): %v", tt.in, err)
			continue
		}
		if n, unlimited := j.Resolve(func() int { return tt.cpus }); n != tt.want || unlimited != tt.unlimited {
			t.Errorf("ParseJobs(%q).Resolve(%d) = %d, %v; want %d, %v", tt.in, tt.cpus, n, unlimited, tt.want, tt.unlimited)
		}
		if j.File() != "" {
			t.Errorf("ParseJobs(%q).File() = %q", tt.in, j.File())
		}
	}
	if n, unlimited := (Jobs{}).Resolve(func() int { return 6 }); n != 6 || unlimited {
		t.Errorf("zero value on 6 CPUs = %d, %v; want 6, false", n, unlimited)
	}
}

func TestParseJobsErrors(t *testing.T) {
	for _, in := range []string{
		"", " ", "0.4", "1.5", "four", "0x10", "1e3", "++1", "--1", "+-1", "+", "-", "%", "-5%", "+50%", "50%%", "50 %", "1.2.3%",
		"1000001", "+1000001", "-1000001", "1000001%", "99999999999999999999", "99999999999999999999%",
		"no/such/file", t.TempDir(), os.DevNull, "a\x00b",
	} {
		_, err := ParseJobs(in)
		checkError(t, in, err)
	}
}

func TestJobsFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "jobs")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(j Jobs, want int) {
		t.Helper()
		if n, _ := j.Resolve(func() int { return 8 }); n != want || j.File() != name || j.String() != name {
			t.Errorf("Resolve = %d, File = %q, String = %q; want %d and %q", n, j.File(), j.String(), want, name)
		}
	}

	write("3\n")
	var j Jobs
	if err := j.Set(name); err != nil {
		t.Fatal(err)
	}
	expect(j, 3)

	write("50%")
	j, err := j.Reload()
	if err != nil {
		t.Fatal(err)
	}
	expect(j, 4)

	for _, text := range []string{"", "many", "0.4", "1000001", name, strings.Repeat("1", 1<<20)} {
		write(text)
		old, err := j.Reload()
		if len(text) > 10 {
			text = text[:10] + "..."
		}
		checkError(t, text, err)
		expect(old, 4)
		checkError(t, text, j.Set(name))
	}

	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	old, err := j.Reload()
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Reload without the file: %v, want fs.ErrNotExist", err)
	}
	expect(old, 4)
}

func TestJobsReloadWithoutFile(t *testing.T) {
	j, err := ParseJobs("4")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := j.Reload(); err != nil || again != j {
		t.Errorf("Reload = %+v, %v; want %+v", again, err, j)
	}
}

// A number is a number, even where a file has its name.
func TestJobsNumberBeforeFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("4", []byte("9"), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := ParseJobs("4")
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := j.Resolve(func() int { return 2 }); n != 4 || j.File() != "" {
		t.Errorf("Resolve = %d, File = %q; want 4 and none", n, j.File())
	}
}

// FuzzJobs leaves the file system out.
func FuzzJobs(f *testing.F) {
	for _, in := range []string{"4", "0", "50%", "+2", "-1", "010", "0.4", "12.5%", " 7 "} {
		f.Add(in, 8)
	}
	f.Fuzz(func(t *testing.T, in string, cpus int) {
		j, ok, err := parseJobsText(in)
		if err != nil {
			checkError(t, in, err)
		}
		if !ok {
			return
		}
		n, unlimited := j.Resolve(func() int { return cpus })
		if unlimited != (n == 0) || n < 0 || n > MaxJobs {
			t.Fatalf("parseJobsText(%q).Resolve(%d) = %d, %v", in, cpus, n, unlimited)
		}
		if again, ok, err := parseJobsText(j.String()); err != nil || !ok || again != j {
			t.Fatalf("parseJobsText(%q) shown as %q, read again %+v, %v, %v", in, j, again, ok, err)
		}
	})
}

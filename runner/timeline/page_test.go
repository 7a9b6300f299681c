package timeline

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPageInBrowser has Chromium open a page, and looks at what its script has made of
// the data. It is skipped where there is no Chromium, in CI too: not every system that
// has the other peers has a package of it.
func TestPageInBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	r := NewReport(Info{Program: "xpool 1", Command: "xpool 'a </script>'", Jobs: 2})
	for _, a := range attempts() {
		r.Add(&a)
	}
	for i := range 100_000 {
		at := time.Duration(i) * 20 * time.Microsecond
		r.Add(&Attempt{Seq: int64(i + 10), Number: 1, Slot: 3 + i%2, Pid: 30, Start: at, End: at + 40*time.Microsecond})
	}
	r.Load(time.Second, 5<<20)
	dir := t.TempDir()
	name := filepath.Join(dir, "page.html")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := r.Write(f, End{At: 3 * time.Second, Status: 125, Summary: "2 of 5 tasks failed"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", "file://"+name)
	var dom, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v, %v\n%s", err, ctx.Err(), said.String())
	}
	if strings.Contains(said.String(), "Uncaught") {
		t.Errorf("the script has failed:\n%s", said.String())
	}
	for _, want := range []string{
		"<title>xpool: 100005 tasks, 2 failed</title>", `<b id="fact-attempts">100006</b>`, `<b id="fact-exit-status">125</b>`,
		`<b id="fact-slots-used">4</b>`, "<td>exit 3</td>", "2 of 5 tasks failed", "killed by SIGSEGV (attempt 1, tried again)", "at most 5.0 MiB",
	} {
		if !strings.Contains(dom.String(), want) {
			t.Errorf("the page does not have %s", want)
		}
	}
}

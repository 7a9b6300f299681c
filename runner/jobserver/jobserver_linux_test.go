package jobserver

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A pipe with low numbers is handed on under others, by all variables; the old ones
// are not, and what is said besides stays.
func TestPipeIsHandedOn(t *testing.T) {
	read, write, env := inherited(t, "abc")
	if read >= lowest || write >= lowest {
		t.Skipf("the descriptors of this test are %d and %d", read, write)
	}
	p := attached(t, env)
	p.await(1, 2, 3)
	c := exec.Command("sh", "-c", `printf '%s;' "$MAKEFLAGS" "$MFLAGS"; ls /proc/self/fd`)
	c.Env = p.Env(env)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	pair := fmt.Sprintf("%d,%d", p.auth.read, p.auth.write)
	flags, fds, _ := strings.Cut(string(out), " -k -j3 --jobserver-auth="+pair+";")
	if want := "k -j3 --jobserver-auth=" + pair + " -- X=y;"; flags != want {
		t.Errorf("MAKEFLAGS is %q, want %q", flags, want)
	}
	for _, fd := range []int{p.auth.read, p.auth.write} {
		if !slices.Contains(strings.Fields(fds), strconv.Itoa(fd)) {
			t.Errorf("the child does not have descriptor %d", fd)
		}
	}
	for _, fd := range []int{read, write} {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("a child inherits descriptor %d as well, %v", fd, err)
		}
	}
	p.Share(0, 0)
	buf := make([]byte, 9)
	if n, err := unix.Read(read, buf); n != 3 {
		t.Errorf("%q is there, %v", buf[:max(n, 0)], err)
	}
}

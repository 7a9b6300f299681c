package peertest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// SSH is a way to log in to this machine with ssh, whatever the host is called. Each
// connection has an sshd of its own, which ssh starts at the other end of a pipe:
// nothing listens anywhere, and nothing is left when the connection ends. The keys
// are made for the test and go with its directory.
type SSH struct {
	// Config is a configuration file of the client: ssh -F Config HOST.
	Config string

	log string
}

// NewSSH sets up a way to log in as the current user, in whose sessions env is added
// to the environment, as NAME=VALUE without blanks or quotes. Where OpenSSH is not
// installed the test ends as Missing does.
func NewSSH(t testing.TB, env ...string) *SSH {
	t.Helper()
	Path(t, "ssh")
	sshd := daemon(t, "sshd")
	dir := t.TempDir()
	s := &SSH{Config: filepath.Join(dir, "config"), log: filepath.Join(dir, "log")}
	if os.Geteuid() == 0 {
		// Where sshd as root shuts itself in; a service manager makes it elsewhere.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			Missing(t, "sshd cannot be run here: %v", err)
		}
	}
	for _, key := range []string{"host", "user"} {
		run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", filepath.Join(dir, key))
	}
	write(t, filepath.Join(dir, "sshd_config"), s.serverConfig(dir, env))
	write(t, s.Config, s.clientConfig(dir, sshd))
	return s
}

func (s *SSH) serverConfig(dir string, env []string) string {
	config := fmt.Sprintf(`HostKey %[1]s/host
AuthorizedKeysFile %[1]s/user.pub
AuthenticationMethods publickey
UsePAM no
StrictModes no
PermitRootLogin yes
PrintMotd no
LogLevel VERBOSE
`, dir)
	if len(env) > 0 {
		config += "SetEnv " + strings.Join(env, " ") + "\n"
	}
	return config
}

func (s *SSH) clientConfig(dir, sshd string) string {
	return fmt.Sprintf(`Host *
ProxyCommand %[2]s -i -f %[1]s/sshd_config -E %[3]s
IdentityFile %[1]s/user
IdentitiesOnly yes
IdentityAgent none
BatchMode yes
StrictHostKeyChecking accept-new
HostKeyAlias xpool-test
UserKnownHostsFile %[1]s/known_hosts
GlobalKnownHostsFile none
LogLevel ERROR
`, dir, sshd, s.log)
}

// Command is ssh with the configuration, as words for a shell.
func (s *SSH) Command() string { return "ssh -F " + s.Config }

// Logins returns how many connections have been made.
func (s *SSH) Logins(t testing.TB) int {
	t.Helper()
	log, err := os.ReadFile(s.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return bytes.Count(log, []byte("Accepted publickey for "))
}

// daemon returns the path of a program that is not for users, and so may not be in
// their PATH.
func daemon(t testing.TB, program string) string {
	t.Helper()
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	path := "/usr/sbin/" + program
	if _, err := os.Stat(path); err != nil {
		Missing(t, "%s is not installed", program)
	}
	return path
}

// run runs a command that must succeed, and returns its output.
func run(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// write writes a file that must not be there yet, for its owner only.
func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

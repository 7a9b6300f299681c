package on

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// Agent is the program that serves tasks at the far end: a copy of this one, which
// finds its way there over the connection itself.
//
// There it lies in ${XDG_CACHE_HOME:-~/.cache}/xpool, which only its owner can read,
// by the name agent- and the hash of its content; so it is sent once, and another
// build has another name. An xpool in the PATH there that says that it has the
// same version is taken instead.
//
//	far:  xpool-agent: run                    it is there; the agent speaks next
//
//	far:  xpool-agent: want Linux x86_64      it is not
//	near: 4711 and a newline                  its length, and itself, compressed
//	far:  xpool-agent: run
//
// What else is written before that, such as what a login script prints, is skipped.
type Agent struct {
	file    string
	version string
	sum     string
}

// NewAgent returns the agent that is in a file, which has to stay there, and says
// version when it is asked for its --version.
func NewAgent(file, version string) (*Agent, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return &Agent{file: file, version: strings.TrimSpace(version), sum: hex.EncodeToString(h.Sum(nil))}, nil
}

// The lines of the far end.
const (
	runLine  = "xpool-agent: run"
	wantLine = "xpool-agent: want "
)

// Script is what a POSIX shell runs at the far end. It is one line in which nothing
// means anything to another shell that has it in single quotes, as the login shell may
// be csh or fish: it has no single quote, no backslash, no exclamation mark.
func (a *Agent) Script() string {
	return strings.NewReplacer(
		"VERSION", shellSafe(a.version), "NAME", "agent-"+a.sum[:nameLen], "SUM", a.sum,
		"RUN", runLine, "WANT", strings.TrimSpace(wantLine), "\n", " ",
	).Replace(agentScript)
}

// nameLen is how much of the hash is in the name of the file, in hexadecimal digits:
// it tells builds of one owner apart.
const nameLen = 32

// agentScript is Script with names for what differs. A program that cannot be run
// where it lies is found out before it gets its name, so that the next attempt does
// not take it for sound.
const agentScript = `run() { echo; echo "RUN"; exec "$1" --agent; };
die() { echo "xpool: $1" >&2; exit 1; };
d=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/xpool; a=$d/NAME; t=$a.$$;
if [ -x "$a" ]; then run "$a"; fi;
if [ "$(xpool --version 2>/dev/null </dev/null)" = "VERSION" ]; then run xpool; fi;
echo; echo "WANT $(uname -s) $(uname -m)";
read -r n || exit 1;
umask 077;
mkdir -p "$d" || die "cannot make the directory $d for the agent: set XDG_CACHE_HOME, or have xpool in PATH";
clean() { rm -f "$t"; }; trap clean 0; trap "exit 1" 1 2 13 15;
{ head -c "$n" | gzip -dc >"$t"; } || die "cannot put the agent into $d: is it full?";
if command -v sha256sum >/dev/null; then
case $(sha256sum <"$t") in SUM*) ;; *) die "the agent has not come whole: is $d full?";; esac; fi;
chmod 700 "$t" && "$t" --version >/dev/null </dev/null || die "programs cannot be run in $d: set XDG_CACHE_HOME, or have xpool in PATH";
mv -f "$t" "$a" || die "cannot name the agent $a";
trap - 0; run "$a";`

// shellSafe leaves out what means something in double quotes.
func shellSafe(s string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("$`\"\\'!\n", c) {
			return -1
		}
		return c
	}, s)
}

// Greeting returns what a stream to the agent begins with, from its first byte.
func (a *Agent) Greeting() *Greeting { return &Greeting{agent: a} }

// Greeting understands what comes from a place before its agent speaks. It serves one
// stream.
type Greeting struct {
	agent *Agent
	held  []byte // the line that has not ended
	heard int    // bytes
	sent  bool   // the agent, or that there is none for it
}

// noiseMost is how much a far end may print before it comes to the point.
const noiseMost = 256 << 10

// Hear takes what has come, of which it keeps no part, and returns what is to be said
// to that. Once over, rest is what follows, which is the agent's own, and Hear is not
// to be called again. An error is final: say is sent all the same, if there is any.
func (g *Greeting) Hear(b []byte) (say, rest []byte, over bool, err error) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if g.heard += max(i, 0) + 1; i < 0 {
			g.heard += len(b) - 1
			g.held = append(g.held, b...)
			break
		}
		line := string(append(g.held, b[:i]...))
		g.held, b = g.held[:0], b[i+1:]
		switch {
		case line == runLine:
			return say, b, true, nil
		case !g.sent && strings.HasPrefix(line, wantLine):
			g.sent = true
			if say, err = g.answer(strings.TrimPrefix(line, wantLine)); err != nil {
				return say, nil, false, err
			}
		}
	}
	if g.heard > noiseMost {
		return say, nil, false, fmt.Errorf("it prints %d bytes and no agent answers", g.heard)
	}
	return say, nil, false, nil
}

// answer returns what is sent to a system that wants the agent.
func (g *Greeting) answer(system string) ([]byte, error) {
	if !runsThis(system) {
		own := systemName(runtime.GOOS) + " " + runtime.GOARCH
		return []byte("\n"), fmt.Errorf("it is %s, and this xpool is for %s: it needs an xpool of the same version in its PATH", system, own)
	}
	program, err := os.ReadFile(g.agent.file)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(program); err != nil { // never, in memory
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, "%d\n", packed.Len()), packed.Bytes()...), nil
}

// runsThis tells whether a system runs this program, by what uname -sm says.
func runsThis(system string) bool {
	name, machine, _ := strings.Cut(system, " ")
	return name == systemName(runtime.GOOS) && architecture(machine) == runtime.GOARCH
}

// systemName is what uname -s calls one of Go's systems.
func systemName(goos string) string {
	switch goos {
	case "linux":
		return "Linux"
	case "darwin":
		return "Darwin"
	case "freebsd":
		return "FreeBSD"
	case "netbsd":
		return "NetBSD"
	case "openbsd":
		return "OpenBSD"
	case "dragonfly":
		return "DragonFly"
	}
	return goos
}

// architecture is what Go calls the machine that uname -m names.
func architecture(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	case "i386", "i486", "i586", "i686":
		return "386"
	case "armv6l", "armv7l":
		return "arm"
	}
	return machine // as amd64 on the BSDs, arm64 on macOS, riscv64, s390x
}

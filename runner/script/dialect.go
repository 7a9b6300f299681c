package script

import (
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Dialect is the language of a shell. The zero value is POSIX.
type Dialect uint8

const (
	POSIX      Dialect = iota // sh, dash, busybox
	Bash                      // bash
	Zsh                       // zsh
	MirBSDKorn                // mksh, ksh
)

// DialectOf returns the dialect of the shell at a path, which it takes from the base
// name. Since many systems make sh a link, a path named sh is resolved first: to bash, to
// dash, to busybox. A name that says nothing is POSIX.
func DialectOf(shellPath string) Dialect {
	name := filepath.Base(shellPath)
	if name == "sh" || name == "ksh" {
		if target, err := filepath.EvalSymlinks(shellPath); err == nil {
			name = filepath.Base(target)
		}
	}
	name = strings.TrimPrefix(name, "-") // a login shell's argv[0]
	switch {
	case strings.HasPrefix(name, "bash"):
		return Bash
	case strings.HasPrefix(name, "zsh"):
		return Zsh
	case strings.HasPrefix(name, "mksh"), strings.HasPrefix(name, "ksh"), name == "lksh", name == "pdksh", name == "oksh", name == "posh":
		return MirBSDKorn
	}
	return POSIX
}

// String returns the name by which messages know the dialect.
func (d Dialect) String() string {
	switch d {
	case Bash:
		return "bash"
	case Zsh:
		return "zsh"
	case MirBSDKorn:
		return "ksh"
	}
	return "sh"
}

func (d Dialect) variant() syntax.LangVariant {
	switch d {
	case Bash:
		return syntax.LangBash
	case Zsh:
		return syntax.LangZsh
	case MirBSDKorn:
		return syntax.LangMirBSDKorn
	}
	return syntax.LangPOSIX
}

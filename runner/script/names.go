package script

// IsBuiltin reports whether name is a builtin, a keyword or a predefined alias of dash,
// bash, zsh (its modules included), mksh or ksh93. It is one list for all shells: a name that
// only another shell knows costs its command a subshell and nothing else. Those that
// analysis admits by themselves, such as echo, are missing, and so are those that do no more
// than the program of the same name, such as cat in mksh.
func IsBuiltin(name string) bool {
	switch name {
	// Keywords.
	case "!", "[[", "]]", "{", "}", "case", "coproc", "do", "done", "elif", "else", "end", "esac", "fi", "for",
		"foreach", "function", "if", "in", "namespace", "nocorrect", "repeat", "select", "then", "time", "until", "while":
		return true
	// POSIX, dash and bash.
	case ".", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "chdir", "command", "compgen", "complete",
		"compopt", "continue", "declare", "dirs", "disown", "enable", "eval", "exec", "exit", "export", "fc", "fg",
		"getopts", "hash", "help", "histcmd", "history", "jobs", "let", "local", "logout", "mapfile", "popd", "pushd",
		"read", "readarray", "readonly", "return", "set", "shift", "shopt", "source", "suspend", "times", "trap",
		"type", "typeset", "ulimit", "umask", "unalias", "unset", "wait":
		return true
	// mksh and ksh93.
	case "autoload", "compound", "enum", "fds", "float", "functions", "global", "hist", "integer", "login", "nameref",
		"newgrp", "nohup", "poll", "print", "r", "redirect", "stop", "whence", "alarm", "vmstate":
		return true
	// zsh and its modules.
	case "-", "bindkey", "bye", "cap", "clone", "comparguments", "compadd", "compcall", "compctl", "compdescribe",
		"compfiles", "compgroups", "compquote", "compset", "comptags", "comptry", "compvalues", "disable", "echotc",
		"echoti", "emulate", "example", "getcap", "getln", "limit", "log", "noglob", "private", "pushln", "rehash",
		"sched", "setcap", "setopt", "stat", "strftime", "syserror", "sysopen", "sysread", "sysseek", "syswrite",
		"ttyctl", "unfunction", "unhash", "unlimit", "unsetopt", "vared", "where", "which", "zcompile", "zcurses",
		"zdelattr", "zformat", "zftp", "zgdbmpath", "zgetattr", "zle", "zlistattr", "zmodload", "zparseopts", "zprof",
		"zpty", "zregexparse", "zsetattr", "zselect", "zsocket", "zstat", "zstyle", "zsystem", "ztcp", "ztie", "zuntie":
		return true
	}
	return false
}

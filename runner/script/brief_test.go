package script

import "testing"

func TestBrief(t *testing.T) {
	yes := []string{
		"echo {}", "n={}; echo $n", "printf '%s\\n' {}", "[ {} = x ] && echo yes || exit 3", "x=1; x=$x{}; echo $x {}", "(exit 3) || echo {}",
		"echo $(echo {})", "echo a | echo {}", "for i in {} b; do echo $i; done", "case {} in a) echo a;; *) : ;; esac", "if test -f {}; then echo file; fi",
		"{ echo {}; echo err >&2; } 2>/dev/null", "echo {} >&2", "echo {} 2>&1", "echo ${x:-{}} ${x:={}} \"${x:?none {}}\"", "! true {}", "x={}",
		"for i in {}; do [ \"$i\" ] || break; done", "echo ${x%.c} ${x##*/} ${x/a/{}} ${#x} ${x^^}", "x=1 y={}", "echo *.c ~ {a,b} {}",
	}
	no := []string{
		"sleep {}", "cat {}", "/bin/echo {}", "echo {} &", "(echo {} &)", "echo $(sleep {})", "echo `cat {}`", "echo {} | cat", "while :; do echo {}; done",
		"until echo {}; do :; done", "read x; echo {}", "f() { echo; }; echo {}", "echo {} >f", "echo {} >>f", "echo <{}", "echo {} >{}", "echo {} >&3", "echo {} 3>&1",
		"exec 3>f; echo {}", "exec {}", "eval {}", ". {}", "trap 'echo {}' EXIT", "wait {}", "kill {}", "cd {}", "set -e; echo {}", "export x={}", "local x={}", "declare x={}",
		"echo <(echo {})", "coproc echo {}", "time echo {}", "[[ -n {} ]]", "let x={}", "for ((;;)); do echo {}; done", "select x in {}; do :; done", "echo {} <<E\nx\nE",
		"myfunc {}", "e'cho' {}", "\\echo {}", "$x {}", "echo $! {}", "echo $_ {}", "echo $BASHPID {}", "echo $(<{})", "echo <<<{}", "mapfile x; echo {}", ">f; echo {}", "unset x; echo {}", "[ -p /dev/stdin ] || echo {}", "echo /proc/self/fd/* {}", "echo '/dev/fd/0' {}",
		"if sleep 1; then echo {}; fi", "case {} in $(cat x)) ;; esac", "echo ${x:-$(cat {})}", "x=$(cat {})", "for i in $(cat {}); do echo; done", "echo $((`cat {}`))", "(((echo {}; sleep 1)))",
		// The shell evaluates a value.
		"x={}; echo $((x + 1))", "x={}; ((x))", "x={}; echo ${x@P}", "x={}; echo ${!x}", "x={}; echo ${a[x]}", "x={}; echo ${1:x}", "x={}; printf -v \"$x\" y", "printf -vx {}",
		"x={}; printf $x", "x={}; test -v \"$x\"", "x={}; [ $x ]", "x={}; [ -v \"$x\" ]", "a[{}]=x", "a=({}); echo x", "x={}; echo @($x)",
		// A variable means something to the shell.
		"for i in 1 2; do for j in {}; do :; done; done", "for i in 1 2; do (for j in {}; do :; done); done",
		"BASH_XTRACEFD=3; echo {}", "FUNCNEST=1; echo {}", "for IFS in {}; do :; done", "echo ${IFS:={}}", "IFS={} echo", "_xpool_x={}; echo", "PATH={}",
	}
	for i, src := range append(yes, no...) {
		s, err := Compile(src, Options{Dialect: Bash, Functions: func(name string) bool { return name == "myfunc" }})
		if err != nil {
			if i < len(yes) {
				t.Errorf("%q: %v", src, err)
			}
			continue
		}
		if s.Brief != (i < len(yes)) {
			t.Errorf("%q: brief %v", src, s.Brief)
		}
	}
	for d, want := range []bool{true, true, true, false} {
		s, err := Compile("printf x {}", Options{Dialect: Dialect(d)})
		if err != nil || s.Brief != want {
			t.Errorf("%v: printf is brief: %v, %v", Dialect(d), s.Brief, err)
		}
	}
	for src, want := range map[string]bool{"echo a {}": true, "echo *(e:x:) {}": false, "echo ${(e)x} {}": false, "echo =ls {}": false, "x==ls; echo {}": false, "echo ${(%)x} {}": false,
		"echo {}; exit 3": true, "echo {}; shift": true, "return \"$(echo {})\"": false, "x={}; exit $x": false, "echo {}; break \"$x\"": false, "echo {}; shift '1'": false} {
		s, err := Compile(src, Options{Dialect: Zsh})
		if err != nil && want || err == nil && s.Brief != want {
			t.Errorf("zsh: %q: brief %v, %v", src, err == nil && s.Brief, err)
		}
	}
}

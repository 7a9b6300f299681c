package script

import "testing"

func TestBrief(t *testing.T) {
	yes := []string{
		"echo {}", "n={}; echo $n", "printf '%s\\n' {}", "[ {} = x ] && echo yes || exit 3", "x=1; x=$((x + 1)); echo $x {}", "(exit 3) || echo {}",
		"echo $(echo {})", "echo a | echo {}", "for i in {} b; do echo $i; done", "case {} in a) echo a;; *) : ;; esac", "if test -f {}; then echo file; fi",
		"{ echo {}; echo err >&2; } 2>/dev/null", "echo {} >&2", "echo {} 2>&1", "echo ${x:-{}} ${x:={}} \"${x:?none {}}\"", "! true {}", "x={}",
		"for i in {}; do [ $i ] || break; done", "echo *.c ~ {a,b} {}",
	}
	no := []string{
		"sleep {}", "cat {}", "/bin/echo {}", "echo {} &", "(echo {} &)", "echo $(sleep {})", "echo `cat {}`", "echo {} | cat", "while :; do echo {}; done",
		"until echo {}; do :; done", "read x; echo {}", "f() { echo; }; echo {}", "echo {} >f", "echo {} >>f", "echo <{}", "echo {} >{}", "echo {} >&3", "echo {} 3>&1",
		"exec 3>f; echo {}", "exec {}", "eval {}", ". {}", "trap 'echo {}' EXIT", "wait {}", "kill {}", "cd {}", "set -e; echo {}", "export x={}", "local x={}", "declare x={}",
		"echo <(echo {})", "coproc echo {}", "time echo {}", "[[ -n {} ]]", "let x={}", "for ((;;)); do echo {}; done", "select x in {}; do :; done", "echo {} <<E\nx\nE",
		"myfunc {}", "e'cho' {}", "\\echo {}", "$x {}", "echo $! {}", "echo $_ {}", "echo $BASHPID {}", "echo $(<{})", "echo <<<{}", "mapfile x; echo {}", ">f; echo {}", "unset x; echo {}", "[ -p /dev/stdin ] || echo {}", "echo /proc/self/fd/* {}", "echo '/dev/fd/0' {}",
		"if sleep 1; then echo {}; fi", "case {} in $(cat x)) ;; esac", "echo ${x:-$(cat {})}", "x=$(cat {})", "for i in $(cat {}); do echo; done", "echo $((`cat {}`))", "(((echo {}; sleep 1)))",
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
}

package script

import (
	"errors"
	"strings"
	"testing"

	"xpool/runner/template"
)

// evaluating returns scripts in which some shell evaluates a value a second time.
func evaluating() []string {
	return []string{
		`echo $(( {} ))`, `echo $(( a[{}] ))`, `a[{}]=1`, `a[x{}]=1`, `echo ${a[{}]}`, `a=(1 2); echo "${a[@]:{}}"`, `echo ${a:{}:{}}`,
		`let x={}`, `let '{}'`, `(( {} ))`, `for ((i={}; 0; )); do :; done`, `a=([{}]=1)`, `echo $[ {} ]`,
		`[[ {} -eq 1 ]]`, `[[ 1 -lt {} ]]`, `[ {} -eq 1 ]`, `test 1 -lt {}`, `[[ -v {} ]]`, `[ -v {} ]`, `test -v {}`, `[[ -R {} ]]`, `[ ! -v {} ]`,
		`[ {//} {/} ]`, `test {} {}`, `[ {//} {/} -o 1 ]`, `[ -t {} ]`, `[ a = b -o -v {} ]`,
		`printf {}`, `printf {//} {/}`, `printf {} {} {}`, `printf "{}" x`, `printf ''{} x`, `printf -v {} x`, `printf -v{} x`, `printf -v x {} y`,
		`printf %d {}`, `printf '%*d' {} {}`, `printf '%s' {}`, `printf "${nope:-{}}" x`, `print {}`, `print -v {} x`, `print -u 1 {} x`, `print {//} {/} x`,
		`print -f {} {}`, `unset {}`, `unset -v {}`, `unset a[{}]`, `unset "a[{}]"`, `unset {//} {/}`, `read {} <<<1`, `read -r {} <<<1`, `read -a {} <<<1`,
		`read -A {} <<<1`, `read -p {} x <<<1`, `read -t {} x <<<1`, `read -n {} x <<<1`, `read x {} <<<1`, `read -ra{} <<<1`, `mapfile {} <<<1`,
		`mapfile -O {} x <<<1`, `mapfile -t {} <<<1`, `getopts a {} -a`, `wait {}`, `: & wait -n {}`, `: & wait -p {} -n`, `: & wait -n -p{}`,
		`export {}`, `export {}=1`, `export "{}=1"`, `export -n {}`, `readonly {}`, `readonly {}=1`, `f() { local {}; }; f`, `f() { local {}=1; }; f`,
		`f() { local "{}=1"; }; f`, `f() { local -a x={}; }; f`, `f() { local x={}; }; f`, `declare {}`, `declare {}=1`, `declare "{}=1"`,
		`declare -i x={}`, `declare -i x; x={}`, `declare -i x; x+={}`, `declare -i x; for x in {}; do :; done`, `declare -i x; : ${x:={}}`,
		`declare -i x; printf -v x %s {}`, `declare -ai x; x=({})`, `declare -a x={}`, `declare -A x={}`, `declare -a x; declare x={}`,
		`x=(); declare x={}`, `x=(); declare "x={}"`, `declare -a "x={}"`, `typeset -a x={}`, `declare -n x={}; echo $x`, `nameref x={}; echo $x`,
		`integer x={}`, `integer x; x={}`, `typeset -i x={}`, `typeset -i x; x={}`, `float x={}`, `set -A {} 1`, `set -A x {}`, `set {//} {/} 1`,
		`shift {}`, `exit {}`, `return {}`, `while :; do break {}; done`, `repeat {} :`, `ulimit -n {}`, `ulimit {}`, `kill -0 {}`, `umask {}`,
		`echo >&{}`, `echo 1>&{}`, `echo 2>&{}`, `cat <&{}`, `echo >{}`, `echo &>{}`, `exec 3>&{}`, `n={}; echo >&$n`,
		`RANDOM={}`, `SECONDS={}`, `OPTIND={}`, `HISTCMD={}`, `HISTSIZE={}`, `SRANDOM={}`, `LINENO={}`, `COLUMNS={}`, `TMOUT={}`, `PS4={}; set -x; :`,
		`n={}; echo $((n))`, `n={}; echo $(($n))`, `n={}; m=$n; (( m > 1 ))`, `n={}; m=$n; (( m++ ))`, `n={}; (( n += 1 ))`, `n={}; [[ $n -eq 1 ]]`,
		`n={}; [[ n -eq 1 ]]`, `n={}; echo ${!n}`, `n={}; echo ${n@P}`, `n={}; unset $n`, `n={}; [ -v "$n" ]`, `n={}; a[n]=1`, `n={}; a[$n]=1`,
		`n={}; echo "${a[$n]}"`, `n={}; let n+=1`, `n={}; let "m = n"`, `for n in {}; do (( n )); done`, `: ${n:={}}; (( n ))`, `n={}; declare -i m=$n`,
		`n={}; read "$n" <<<1`, `n={}; printf -v "$n" 1`, `n={}; declare "$n=1"`, `n={}; declare -n r=$n; echo $r`, `set -- {}; echo $(($1))`,
		`f() { echo $(($1)); }; f {}`, `f() { local n=$1; (( n )); }; f {}`, `read n <<<{}; (( n ))`, "read n <<X\n{}\nX\n(( n ))", `while read -r n; do (( n )); done <<<{}`, `mapfile -t m <<<{}; (( m ))`,
		`x={}; read n <<<"$x"; (( n ))`, `f() { (( $# )); for n; do (( n )); done; }; f {}`,
		`repeat 1 unset {}`, `repeat {} :`, `repeat 1 repeat {} print {}`, `repeat 1 f {}; f() { (( $1 )); }`, `repeat 1 integer x; x={}`,
		`echo ${!{}}`, `echo ${{}}`, `enable {}`, `hash {} ls`, `history {}`, `compgen {}`, `compgen -W {}`, `complete {} x`, `command unset {}`,
		`builtin printf -v {} x`, `command printf {} x`, `\unset {}`, `'unset' {}`, `echo {1..{}}`, `echo @({})`, `echo *({})`, `echo x({})`, `[[ x =~ {} ]]`,
		"cat <<EOF\n$(( {} ))\nEOF", "echo `echo $(( {} ))`", `echo "$(( {} ))"`, `echo "${a[{}]}"`, `coproc {} { :; }`, `exec {{}}>/dev/null`,
		`case $(( {} )) in 1) ;; esac`, `echo $(( ${n:-{}} ))`, `echo $(( "{}" ))`, `echo $(( '{}' ))`, `echo ${x:-$(( {} ))}`, `vared {}`, `alias x={}`,
		`trap - {}`, `test -n {} -a {} = x`, `cd -- {} 2>/dev/null`, `type {}`, `command -v {}`, `test {}`, `echo -e {}`, `select x in {}; do break; done <<<1`,
	}
}

// hostile returns records that would run a command where they are evaluated.
func hostile() []string {
	const run = "a[$(touch pwned)]"
	return []string{
		run, "$(touch pwned)", "`touch pwned`", "x=" + run, "-v" + run, "-p" + run, "-v/" + run, "-p/" + run, "-A/" + run, "-n/" + run,
		"($(touch pwned))", "([$(touch pwned)]=1)", "%d/" + run, "1 + " + run, "-W$(touch pwned)", "e:touch pwned:", "-eq/" + run,
		"path[$(touch pwned)]", "_xpool1[$(touch pwned)]", "REPLY" + run[1:],
	}
}

func TestNothingIsEvaluated(t *testing.T) {
	checkNotEvaluated(t, evaluating(), Options{}, func(script *Script) (tasks []task) {
		for _, r := range acceptable(t, script, hostile()) {
			tasks = append(tasks, oneRecord(r))
		}
		return tasks
	})
}

// checkNotEvaluated runs the scripts that compile, each with the hostile tasks that
// it admits; o is without a dialect, which is the shell's.
func checkNotEvaluated(t *testing.T, scripts []string, o Options, hostile func(*Script) []task) {
	for _, j := range judges(t) {
		t.Run(j.argv[0], func(t *testing.T) {
			t.Parallel()
			opts := o // each shell's own
			opts.Dialect = j.dialect
			ran := 0
			for _, src := range scripts {
				script, err := Compile(src, opts)
				if err != nil {
					continue // refused
				}
				tasks := hostile(script)
				if len(tasks) == 0 {
					continue
				}
				ran++
				dir := t.TempDir()
				j.runTasks(t, dir, script, tasks)
				j.checkHarmless(t, dir, src, script)
			}
			if ran < 10 {
				t.Errorf("only %d scripts were tried", ran)
			}
		})
	}
}

// acceptable returns the records that a script's values admit.
func acceptable(t *testing.T, script *Script, records []string) []string {
	t.Helper()
	var ok []string
	for _, r := range records {
		admitted := true
		for _, v := range script.Values {
			err := v.Check(v.Rep.Expand(template.Context{Args: []string{r}, Seq: 1, Slot: 1}))
			var ve *ValueError
			if err != nil && !errors.As(err, &ve) {
				t.Fatalf("%q: %T", r, err)
			}
			admitted = admitted && err == nil
		}
		if admitted {
			ok = append(ok, r)
		}
	}
	return ok
}

// The restrictions must not go so far that sensible records fail.
func TestEvaluatedPlacesWork(t *testing.T) {
	tests := []struct{ shells, script, record, want string }{
		{"bzm", `x=1; unset {}; printf '%s' "${x:-none}"`, "x", "none"},
		{"b", `printf -v {} %s hello; printf %s "$out"`, "out", "hello"},
		{"dbzmx", "read -r {} <<X\nhello\nX\nprintf '%s' \"$out\"", "out", "hello"},
		{"b", `foo=5; printf %s ${!{}}`, "foo", "5"},
		{"b", `foo=5; [[ -v {} ]] && printf set`, "foo", "set"},
		{"bz", `declare {}=5; printf %s "$foo"`, "foo", "5"},
		{"dbzmx", `export {}="a b"; printf %s "$foo"`, "foo", "a b"},
		{"dbzmx", `printf '%s' $(({} + 1))`, "010", "11"},
		{"dbzmx", `printf '%s' $((1 - {}))`, "-08", "9"},
		{"dbzmx", `n={}; printf '%s' $((n * 2))`, "+09", "18"},
		{"dbzmx", `printf '%s' x >&{}`, "1", "x"},
		{"dbzmx", `printf {}`, "-v", "-v"},
		{"dbzmx", `set {}; printf '%s' "$1"`, "-x", "-x"},
		{"b", `wait {} 2>/dev/null || printf '%s' $?`, "-p", "1"},
		{"dbzmx", `(exit {}); printf '%s' $?`, "3", "3"},
	}
	for _, j := range judges(t) {
		for _, tt := range tests {
			if strings.IndexByte(tt.shells, j.key) < 0 {
				continue
			}
			script, err := Compile(tt.script, Options{Dialect: j.dialect})
			if err != nil {
				t.Errorf("%s: %q: %v", j.argv[0], tt.script, err)
				continue
			}
			if got := j.run(t, t.TempDir(), script, []string{tt.record}); got[0] != tt.want {
				t.Errorf("%s: %q with %q: got %q, want %q", j.argv[0], tt.script, tt.record, got[0], tt.want)
			}
		}
	}
}

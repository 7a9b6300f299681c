package runner

import (
	"reflect"
	"strings"
	"testing"
)

// FuzzCommandLine holds that a whole command line, a word a line, is understood or
// refused with a reason, and each time alike.
func FuzzCommandLine(f *testing.F) {
	for _, line := range []string{
		"xpool -j 4 -n1 -0 --halt now,fail=1 --timeout 1.5 --retries 3 echo {} ::: a b",
		"xpool --worker --protocol json --multiplex=3 --cancel --mem-limit 1G --recycle-rss auto prog",
		"xpool -C , --header : --tagstring {1} --results out/{1}.txt --joblog j --resume echo {2} ::: a,b :::+ c",
		"xpool -L2 -s 9999999999999999999999 -n -1 -P +0% -d \\x0 --threads auto --nice 99999 echo",
		"xpool --pipe --block 1M --recend \\n --regexp -N 3 --rpl {x}s/a/b/ wc",
		"xargs -I{} -n1 -P0 -d\\n --max-pro=3 -e -i -l sh -c {}",
		"parallel -j+0 --bar --eta --colsep \\t --limit load --memfree 1G --delay 0.1 --wd ... echo ::: 1 :::: f",
		"parallel --semaphore --id x --fg --st -5 echo",
		"xpool --as parallel --termseq TERM,200,KILL,25 --halt soon,done=5% --rpl {r} -q echo",
	} {
		f.Add(strings.ReplaceAll(line, " ", "\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "/dev/") || strings.Contains(text, "/proc/") {
			t.Skip("may be a file that is never read to its end")
		}
		args := strings.Split(text, "\n")
		o, err := parseCommandLine(args, nil)
		if err != nil && err.Error() == "" {
			t.Error("an error without a reason")
		}
		again, err2 := parseCommandLine(args, nil)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Errorf("%v, and then %v", err, err2)
		}
		if !reflect.DeepEqual(o.Command, again.Command) || o.As != again.As {
			t.Errorf("%+v, and then %+v", o, again)
		}
		if err == nil && (o.Retries < 0 || o.CrashLimit < 0 || o.MemLimit < 0 || o.Prefetch < 0) {
			t.Errorf("accepted %+v", o)
		}
	})
}

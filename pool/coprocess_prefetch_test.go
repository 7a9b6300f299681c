package pool_test

import (
	"fmt"
	"strings"
	"testing"

	"xpool/pool"
)

// prefetching is coworker with room for several records.
func prefetching(t *testing.T, n int, mode ...string) *pool.Coprocess {
	k := coworker(t, pool.Lines, mode...)
	k.Prefetch = n
	return k
}

// Each reply has to get to its own task, however many are under way.
func TestPrefetchMany(t *testing.T) {
	for _, argv := range [][]string{{"cat"}, {"sh", "-c", `while IFS= read -r x; do echo "$x"; done`}} {
		for _, n := range []int{2, 16, 1000} {
			var records []string
			for i := range 5000 {
				records = append(records, fmt.Sprintf("record %d %s", i, strings.Repeat("x", i*i%5000)))
			}
			got, err := runCo(t, &pool.Coprocess{Argv: argv, Prefetch: n}, pool.Options{Jobs: 2}, records...)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range records {
				expectation{r, r, ""}.check(t, got[i], "\n")
			}
		}
	}
}

// A worker that says nothing before it has two records gets them, when the pool has
// found that its tasks are short.
func TestPrefetchSendsSeveral(t *testing.T) {
	var records []string
	for i := range 500 {
		records = append(records, fmt.Sprint("say ", i))
	}
	for i := range 500 {
		records = append(records, fmt.Sprint("pair ", i))
	}
	got, err := runCo(t, prefetching(t, 4), pool.Options{Jobs: 1}, records...)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		expectation{records[i], fmt.Sprint(i % 500), ""}.check(t, o, "\n")
	}
}

// A worker that leaves between two tasks, or in the middle of one, takes no other
// one along, although it had read more.
func TestPrefetchDeaths(t *testing.T) {
	deaths := []expectation{
		{"kill", "", "SIGKILL"}, {"half par", "", "SIGKILL"}, {"exit 42", "", leftWith(42)}, {"exit 0", "", leftWith(0)},
		{"last 0", "last", ""}, {"last 0", "last", ""},
	}
	var want []expectation
	var records []string
	for i := range 600 {
		e := expectation{fmt.Sprint("say ", i), fmt.Sprint(i), ""}
		if i%20 == 19 {
			e = deaths[i/20%len(deaths)]
		}
		want = append(want, e)
		records = append(records, e.record)
	}
	for _, jobs := range []int{1, 3} {
		k := prefetching(t, 8)
		got, err := runCo(t, k, pool.Options{Jobs: jobs, Env: coworkerEnv()}, records...)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range want {
			e.check(t, got[i], "\n")
		}
	}
}

// A JSON worker is asked for one thing at a time, as its protocol says: one that
// works at all it gets side by side replies in any order.
func TestNoPrefetchForJSON(t *testing.T) {
	var records []string
	for i := range 2000 {
		records = append(records, fmt.Sprint("say ", i))
	}
	got, err := runCo(t, multiplexer(t, 1), pool.Options{Jobs: 2}, records...)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		expectation{records[i], fmt.Sprint(i), ""}.check(t, o, "")
	}
}

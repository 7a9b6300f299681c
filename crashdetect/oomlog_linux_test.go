package crashdetect

import "testing"

func TestParseVictim(t *testing.T) {
	const mem = "3,1,1,-;Memory cgroup out of memory: "
	for line, want := range map[string]struct {
		pid   int
		limit bool
	}{
		mem + "Killed process 4711 (python3) total-vm:1kB, UID:0 pgtables:40kB oom_score_adj:0\n":   {4711, true},
		"3,1,1,-;Out of memory: Killed process 12 (a) b) total-vm:1kB":                              {12, false},
		"3,1,1,-,caller=T9;Out of memory (oom_kill_allocating_task): Killed process 12 (x) ":        {12, false},
		"3,1,1,-;Killed process 12 (x) total-vm:1kB":                                                {12, false},
		"6,1,1,c;oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task=x,pid=19,uid=0":             {19, true},
		"6,1,1,-;oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/,task=x,pid=19,uid=0\n": {19, false},
		"6,1,1,-;oom-kill:constraint=CONSTRAINT_NONE,task=a,pid=1,pid=19,uid=0":                     {19, false},
		// Not the kernel's, not about this, or not whole.
		"11,1,1,-;Out of memory: Killed process 12 (x) ":                       {},
		"14,1,1,-;oom-kill:constraint=CONSTRAINT_NONE,task=x,pid=19,uid=0":     {},
		"3,1,1,-;systemd: Killed process 12 (x) ":                              {},
		"3,1,1,-;Out of memory: Kill process 12 (x) score 9":                   {},
		"3,1,1,-;oom_reaper: reaped process 12 (x), now anon-rss:0kB":          {},
		"6,1,1,-;Out of memory: OOM victim 12 (x) is already exiting.":         {},
		"3,1,1,-;Out of memory: Killed process 12":                             {},
		"3,1,1,-;Out of memory: Killed process 0 (x)":                          {},
		"3,1,1,-;Out of memory: Killed process -1 (x)":                         {},
		"3,1,1,-;Out of memory: Killed process 99999999999999999999 (x)":       {},
		"6,1,1,-;oom-kill:constraint=CONSTRAINT_MEMCG,task=x":                  {},
		"6,1,1,-;oom-kill:constraint=CONSTRAINT_MEMCG,task=x,pid=,uid=0":       {},
		" SUBSYSTEM=x;Out of memory: Killed process 12 (x) ":                   {},
		"Out of memory: Killed process 12 (x) ":                                {},
		"":                                                                     {},
		";":                                                                    {},
		"-3,1,1,-;Out of memory: Killed process 12 (x) ":                       {},
		"3,1,1,-;x\n3,2,2,-;Out of memory: Killed process 12 (x) total-vm:1kB": {},
	} {
		pid, limit, ok := parseVictim([]byte(line))
		if pid != want.pid || limit != want.limit || ok != (want.pid > 0) {
			t.Errorf("%q names %d, %t, %t; want %+v", line, pid, limit, ok, want)
		}
	}
}

func FuzzParseVictim(f *testing.F) {
	f.Add([]byte("3,1,1,-;Memory cgroup out of memory: Killed process 4711 (python3) total-vm:1kB\n"))
	f.Add([]byte("6,1,1,-;oom-kill:constraint=CONSTRAINT_MEMCG,task=x,pid=19,uid=0"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if pid, limit, ok := parseVictim(line); ok != (pid > 0) || limit && !ok || pid > 1<<22 {
			t.Errorf("%q names %d, %t, %t", line, pid, limit, ok)
		}
	})
}

package crashdetect

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestGuard kills an owner with SIGKILL: everything of its run must go, and its neighbours must stay.
func TestGuard(t *testing.T) {
	tr := stage(t, 13, nil, "own")
	guard, owner := tr.find("guard", 0), tr.find("own", 0)
	if p, _ := readProcess(guard.pid); p.session != guard.pid || p.ppid != owner.pid {
		t.Errorf("the guard is %+v, not in a session of its own", p)
	}
	neighbour := perform("hang") // in the owner's group and session, like the rest of a pipeline
	neighbour.Stdout = nil
	neighbour.SysProcAttr.Setpgid, neighbour.SysProcAttr.Pgid = true, owner.pid
	mustStart(neighbour)
	defer neighbour.Wait()
	defer neighbour.Process.Kill()
	pidfd, err := unix.PidfdOpen(neighbour.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pidfd)
	mustLive(t, tr.cast...)

	awaitIgnored(t, guard, unix.SIGTERM)
	for _, sig := range []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE} {
		_ = unix.Kill(guard.pid, sig)
	}
	mustLive(t, tr.cast...)

	if err := unix.Kill(owner.pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, tr.cast...)
	mustLive(t, actor{"neighbour", neighbour.Process.Pid, pidfd})
	for _, o := range Adopted(func(pid int) bool { return tr.known(pid) || pid == neighbour.Process.Pid }) {
		if !o.Zombie {
			t.Errorf("%d is left", o.Pid)
		}
		var status unix.WaitStatus
		if _, err := unix.Wait4(o.Pid, &status, 0, nil); o.Pid == guard.pid && (err != nil || status != 0) {
			t.Errorf("the guard ended with %v, %v", status, err)
		}
	}
}

// awaitIgnored waits until a process ignores sig.
func awaitIgnored(t *testing.T, a actor, sig syscall.Signal) {
	t.Helper()
	for end := deadline(t); !ended(a, time.Millisecond) && time.Now().Before(end); {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.pid))
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`(?m)^SigIgn:\s*([0-9a-f]+)$`).FindSubmatch(b)
		if m == nil {
			t.Fatal("no SigIgn")
		}
		if set, _ := strconv.ParseUint(string(m[1]), 16, 64); set&(1<<(sig-1)) != 0 {
			return
		}
	}
	t.Fatalf("%s %d does not ignore %v", a.word, a.pid, sig)
}

// TestGuardClose ends guards that are not needed: nothing else may end with them.
func TestGuardClose(t *testing.T) {
	id := NewRunID()
	tr := stage(t, 2, []string{RunVariable + "=" + id}, "setsid", "hang")
	for name, first := range map[string]func(*Guard){
		"at once":            func(*Guard) {},
		"with a group":       func(g *Guard) { g.Groups().Set(1, tr.pid()) },
		"when it is stopped": func(g *Guard) { _ = unix.Kill(g.Pid(), unix.SIGSTOP) },
		"when it is dead":    func(g *Guard) { _ = unix.Kill(g.Pid(), unix.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			g, err := StartGuard("/proc/self/exe", id, nil, "")
			if err != nil {
				t.Fatal(err)
			}
			pid := g.Pid()
			first(g)
			if err := errors.Join(g.Close(), g.Close()); err != nil {
				t.Error(err)
			}
			g.Groups().Set(1, 77) // after the end: ignored
			if _, ok := readProcess(pid); ok {
				t.Errorf("the guard %d is left", pid)
			}
			mustLive(t, tr.cast...)
		})
	}
}

func TestStartGuardFails(t *testing.T) {
	if g, err := StartGuard("/nowhere/xpool", NewRunID(), nil, ""); g != nil || !errors.Is(err, unix.ENOENT) {
		t.Errorf("%v, %v", g, err)
	}
	if g, err := StartGuard("/proc/self/exe", NewRunID(), nil, "here"); g != nil || err == nil {
		t.Error("a guard started that would remove what is relative to where it is")
	}
	for _, id := range []string{"", "a b", "a\nb", "a\x00b", strings.Repeat("a", maxGreeting)} {
		if g, err := StartGuard("/proc/self/exe", id, nil, ""); g != nil || err == nil {
			t.Errorf("a guard started for the id %q", id)
		}
	}
}

func TestGroupTable(t *testing.T) {
	var absent *GroupTable
	absent.Set(1, 5)
	new(GroupTable).Set(1, 5)
	table := GroupTable{cells: make([]int32, GroupSlots)}
	for slot, pgid := range map[int]int{-1: 11, 0: 12, 1: 13, 2: 0, 3: 1, GroupSlots: 14, GroupSlots + 1: 15} {
		table.Set(slot, pgid)
	}
	if got := table.groups(); len(got) != 2 || !got[13] || !got[14] {
		t.Errorf("groups %v, want 13 and 14", got)
	}
	table.Set(1, 0)
	if got := table.groups(); len(got) != 1 {
		t.Errorf("groups %v, want 14 alone", got)
	}
}

func TestNewRunID(t *testing.T) {
	a, b := NewRunID(), NewRunID()
	if a == b || !regexp.MustCompile(`^\d+-\d+-[0-9a-f]{16}$`).MatchString(a) {
		t.Errorf("ids %q and %q", a, b)
	}
}

func TestAwaitOwner(t *testing.T) {
	want := greeting{pid: 10, session: 2, group: 3, start: 4, loan: 5, runID: "10-4-ab"}
	for text, ok := range map[string]struct{ left, fails bool }{
		want.String():                  {},
		want.String() + "b":            {left: true},
		want.String() + "bb":           {left: true},
		want.String() + "x":            {},
		"":                             {fails: true},
		"xpool-guard 1 10":             {fails: true},
		"b":                            {fails: true},
		want.String()[1:]:              {fails: true},
		strings.Repeat("x", 1<<16):     {fails: true},
		"xpool-guard 2 10 2 3 4 5 a\n": {fails: true},
	} {
		got, left, err := awaitOwner(io.MultiReader(strings.NewReader(text[:len(text)/2]), strings.NewReader(text[len(text)/2:])), func(int) {})
		if left != ok.left || (err != nil) != ok.fails || err == nil && got != want {
			t.Errorf("%.40q: %+v, left %t, %v", text, got, left, err)
		}
	}
}

func FuzzParseGreeting(f *testing.F) {
	f.Add(greeting{1, 2, 3, 4, 5, "5-6-7"}.String())
	f.Add("xpool-guard 1 -1 0 0 0 0 a\n")
	f.Add("xpool-guard 1 +1 0 0 0 0 a\n\n")
	f.Fuzz(func(t *testing.T, line string) {
		if g, err := parseGreeting(line); err == nil && (g.String() != line || g.pid <= 0 || g.loan < 0 || g.runID == "") {
			t.Errorf("%q was read as %+v", line, g)
		}
	})
}

// TestRemains tells the run's processes from the others by tables. The owner is 100, started at 50 in session 20 and
// group 90; the guard is 101.
func TestRemains(t *testing.T) {
	owner := greeting{pid: 100, session: 20, group: 90, start: 50, runID: "id"}
	world := []process{
		{pid: 1, group: 1, session: 1, start: 1},
		{pid: 20, ppid: 1, group: 20, session: 20, start: 2},
		{pid: 90, ppid: 20, group: 90, session: 20, start: 49},
		{pid: 91, ppid: 20, group: 90, session: 20, start: 51}, // the pipeline's other end
		{pid: 100, ppid: 20, group: 90, session: 20, start: 50},
		{pid: 101, ppid: 100, group: 101, session: 101, start: 51},
		{pid: 60, ppid: 1, group: 60, session: 60, start: 60}, // somebody else
	}
	for _, tt := range []struct {
		name   string
		more   []process
		gone   int // one of the world that has ended
		groups []int
		roles  map[int]role
		want   []int
	}{
		{"nothing", nil, 0, nil, nil, nil},
		{"marked", []process{{pid: 200, ppid: 1, group: 200, session: 20, start: 52}}, 0, nil, map[int]role{200: marked}, []int{200}},
		{"marked zombie", []process{{pid: 200, ppid: 1, group: 200, session: 20, start: 52, state: 'Z'}}, 0, nil, map[int]role{200: marked}, nil},
		{"marked, first thread ended", []process{{pid: 200, ppid: 1, group: 200, session: 20, start: 52, state: 'Z', threads: 2}}, 0, nil,
			map[int]role{200: marked}, []int{200}},
		{"marked but older", []process{{pid: 200, ppid: 1, group: 200, session: 20, start: 49}}, 0, nil, map[int]role{200: marked}, nil},
		{"marked in the owner's group", []process{{pid: 200, ppid: 100, group: 90, session: 20, start: 52}}, 0, nil, map[int]role{200: marked}, []int{200}},
		{"owner and self marked", nil, 0, nil, map[int]role{100: marked, 101: marked}, nil},
		{"group in the table", []process{{pid: 200, ppid: 1, group: 199, session: 20, start: 52}}, 0, []int{199}, nil, []int{200}},
		{"session in the table", []process{{pid: 200, ppid: 1, group: 199, session: 199, start: 52}}, 0, []int{199}, nil, []int{200}},
		{"group number reused elsewhere", []process{{pid: 199, ppid: 60, group: 199, session: 60, start: 70}}, 0, []int{199}, nil, nil},
		{"tree of a marked one", []process{
			{pid: 203, ppid: 202, group: 203, session: 203, start: 55},
			{pid: 202, ppid: 200, group: 202, session: 202, start: 54},
			{pid: 200, ppid: 1, group: 200, session: 20, start: 52},
		}, 0, nil, map[int]role{200: marked}, []int{200, 202, 203}},
		{"session of a marked one", []process{
			{pid: 200, ppid: 1, group: 200, session: 150, start: 52},
			{pid: 204, ppid: 1, group: 204, session: 150, start: 52},
		}, 0, nil, map[int]role{200: marked}, []int{200, 204}},
		{"group of a marked one", []process{
			{pid: 200, ppid: 1, group: 150, session: 20, start: 52},
			{pid: 204, ppid: 1, group: 150, session: 20, start: 52},
		}, 0, nil, map[int]role{200: marked}, []int{200, 204}},
		{"session of an older leader", []process{
			{pid: 30, ppid: 1, group: 30, session: 30, start: 3},
			{pid: 200, ppid: 30, group: 200, session: 30, start: 52},
			{pid: 204, ppid: 30, group: 204, session: 30, start: 52},
		}, 0, nil, map[int]role{200: marked}, []int{200}},
		{"owner's session without its leader", []process{{pid: 200, ppid: 1, group: 200, session: 20, start: 52}}, 20, nil,
			map[int]role{200: marked}, []int{200}},
		{"owner's group without its leader", []process{{pid: 200, ppid: 100, group: 90, session: 20, start: 52}}, 90, nil,
			map[int]role{200: marked}, []int{200}},
		{"session outside the namespace", []process{
			{pid: 200, ppid: 1, group: 0, session: 0, start: 52},
			{pid: 204, ppid: 1, group: 0, session: 0, start: 52},
		}, 0, nil, map[int]role{200: marked}, []int{200}},
		{"guard of a run in the run", []process{
			{pid: 200, ppid: 1, group: 200, session: 20, start: 52},
			{pid: 205, ppid: 200, group: 205, session: 205, start: 53},
		}, 0, nil, map[int]role{200: marked, 205: guardian}, []int{200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			groups := map[int]bool{}
			for _, g := range tt.groups {
				groups[g] = true
			}
			all := slices.Concat(world, tt.more)
			all = slices.DeleteFunc(all, func(p process) bool { return p.pid == tt.gone })
			rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			var got []int
			for _, p := range remains(all, owner, groups, 101, func(pid int) role { return tt.roles[pid] }) {
				got = append(got, p.pid)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("remains %v, want %v", got, tt.want)
			}
		})
	}
}

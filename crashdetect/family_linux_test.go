package crashdetect

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func nobody(int) bool { return false }

func TestAdopted(t *testing.T) {
	tr := stage(t, 1, nil, "leave", "hang")
	tr.waitUnreaped()
	orphan := tr.find("hang", 0)
	got := Adopted(tr.known)
	if len(got) != 1 || got[0].Pid != orphan.pid || got[0].Zombie || got[0].StartTicks == 0 {
		t.Fatalf("adopted %+v, want %d alive", got, orphan.pid)
	}
	if got := Adopted(nobody); len(got) != 2 {
		t.Errorf("adopted %+v where none is known", got)
	}
	sameGroup := func(a Adoptee) bool { return a.Group == tr.pid() && a.Env != nil && !a.StartedAt.After(time.Now()) }
	if got := FindAdopted(tr.known, sameGroup); !slices.Equal(got, []int{orphan.pid}) {
		t.Errorf("found %v, want %d", got, orphan.pid)
	}
	if n := ReapAdopted(tr.known); n != 0 {
		t.Errorf("reaped %d while the orphan lives", n)
	}
	KillTree(orphan.pid)
	mustEnd(t, orphan)
	if got := Adopted(tr.known); len(got) != 1 || !got[0].Zombie {
		t.Errorf("adopted %+v, want a zombie", got)
	}
	if n := ReapAdopted(tr.known); n != 1 {
		t.Errorf("reaped %d, want 1", n)
	}
	if err := tr.cmd.Wait(); err != nil {
		t.Errorf("the exit status of the known child was taken: %v", err)
	}
}

func TestKillAdopted(t *testing.T) {
	before := time.Now().Add(-time.Second / clockTicks)
	tr := stage(t, 4, nil, "slots", "child", "hang")
	tr.waitUnreaped()
	slot := func(number string, since time.Time) func([]string, time.Time) bool {
		return func(env []string, startedAt time.Time) bool {
			return slices.Contains(env, "XPOOL_SLOT="+number) && !startedAt.Before(since)
		}
	}
	if n := KillAdopted(tr.known, slot("2", time.Now().Add(time.Minute))); n != 0 {
		t.Errorf("killed %d that are older", n)
	}
	if n := KillAdopted(tr.known, slot("2", before)); n != 1 {
		t.Errorf("killed %d, want 1", n)
	}
	other := 0
	for _, a := range tr.cast {
		if slices.Contains(entries(environment(a.pid)), "XPOOL_SLOT=1") {
			mustLive(t, a)
			other++
		} else {
			mustEnd(t, a)
		}
	}
	if other != 2 {
		t.Errorf("%d of the other slot's two live", other)
	}
}

func TestStartTime(t *testing.T) {
	before := time.Now()
	tr := stage(t, 1, nil, "hang")
	p, _ := readProcess(tr.pid())
	// Two ticks for two roundings.
	if at := startTime(p.start); at.Before(before.Add(-2*time.Second/clockTicks)) || at.After(time.Now()) {
		t.Errorf("started at %v, which is not after %v", at, before)
	}
}

func TestEndFamily(t *testing.T) {
	t.Run("nobody", func(t *testing.T) {
		if left := EndFamily(nobody, time.Hour); left != nil {
			t.Errorf("left %v", left)
		}
	})
	t.Run("asked first", func(t *testing.T) {
		tr := stage(t, 2, nil, "leave", "setsid", "polite")
		tr.waitUnreaped()
		if left := EndFamily(tr.known, time.Until(deadline(t))); left != nil {
			t.Errorf("left %v", left)
		}
		if got := tr.next(); got.word != "goodbye" {
			t.Errorf("heard %q", got.word)
		}
		mustEnd(t, tr.cast[:2]...)
	})
	t.Run("then killed", func(t *testing.T) {
		tr := stage(t, 3, nil, "leave", "deaf", "setsid", "deaf", "child", "deaf", "hang")
		tr.waitUnreaped()
		if left := EndFamily(tr.known, time.Millisecond); left != nil {
			t.Errorf("left %v", left)
		}
		mustEnd(t, tr.cast...)
	})
	t.Run("known children live", func(t *testing.T) {
		tr := stage(t, 2, nil, "child", "hang")
		if left := EndFamily(tr.known, 0); left != nil {
			t.Errorf("left %v", left)
		}
		mustLive(t, tr.cast...)
	})
}

// TestEndFamilyFleeing ends a chain of processes each of which leaves the session and dies as soon as it has a child.
func TestEndFamilyFleeing(t *testing.T) {
	marker := "CRASHDETECT_TEST=" + NewRunID()
	script := append(slices.Repeat([]string{"flee"}, 100), "hang")
	tr := stage(t, 0, []string{marker}, script...)
	tr.waitUnreaped()
	if left := EndFamily(tr.known, 0); left != nil {
		t.Errorf("left %v", left)
	}
	if got := carriers(marker); got != nil {
		t.Errorf("%v still run", got)
	}
}

func TestReapNobody(t *testing.T) {
	tr := stage(t, 1, nil, "hang")
	if reap(tr.pid()) || reap(unix.Getppid()) {
		t.Error("reaped one that lives, or is no child")
	}
}

package chaos

import (
	"testing"
)

// TestPlanOfSeed holds that a seed says all, and that seeds differ.
func TestPlanOfSeed(t *testing.T) {
	plans := map[string]uint64{}
	for seed := range uint64(200) {
		p, again := NewPlan(seed, ""), NewPlan(seed, "")
		text := p.String()
		if text != again.String() {
			t.Errorf("seed %d makes two plans:\n%s\n%s", seed, text, again.String())
		}
		if other, twice := plans[text]; twice {
			t.Errorf("seeds %d and %d make one plan", seed, other)
		}
		plans[text] = seed
	}
}

// TestPlanTriesEverything holds that nothing of what there is to try has become
// impossible.
func TestPlanTriesEverything(t *testing.T) {
	tried := map[string]bool{}
	for seed := range uint64(3000) {
		p := NewPlan(seed, "")
		for _, e := range p.events() {
			tried[e] = true
		}
		for _, f := range p.faults {
			tried[string(f.kind)] = true
		}
		for _, task := range p.tasks {
			tried[string(task.act)] = true
		}
	}
	var want []string
	for _, k := range kinds() {
		want = append(want, "kind "+k.name)
	}
	for _, r := range []reader{reads, readsSlow, stopsAWhile, closes, fullDisk, fileLimit} {
		want = append(want, "reader "+string(r))
	}
	for _, s := range []source{fromPipe, fromFile, fromFIFO, fromArgs, breaksOff, thenDirectory, thenEIO} {
		want = append(want, "input "+string(s))
	}
	for _, k := range []faultKind{
		killWorker, killDescendant, killAll, stopWorker, stopXpool, suspend, killGuard, garbage, grow, shrink, jobsChange,
		fewFiles, fewProcesses, interrupt, killXpool,
	} {
		want = append(want, string(k))
	}
	for _, a := range []act{
		actOK, actExit, actCrash, actHang, actStray, actFlaky, actStderr, actGarbage, actHalf, actLeave,
	} {
		want = append(want, string(a))
	}
	want = append(want, "with clock offset", "with joblog on a full disk", "output ungroup", "output json-k", "output lb")
	for _, e := range want {
		if !tried[e] {
			t.Errorf("%s is never tried", e)
		}
	}
}

// TestPlanOnly holds that a kind can be asked for, and that nothing else of its name is
// one.
func TestPlanOnly(t *testing.T) {
	for _, k := range kinds() {
		if p := NewPlan(7, k.name); p.kind.name != k.name {
			t.Errorf("asked for %s, got %s", k.name, p.kind.name)
		}
	}
	total := 0
	for _, k := range kinds() {
		total += k.often
	}
	if total != 100 {
		t.Errorf("kinds are chosen %d times in a hundred", total)
	}
}

package crashdetect

import "time"

// Adoptee is what FindAdopted tells of a living adopted orphan.
type Adoptee struct {
	Pid       int
	Group     int       // its process group
	Env       []string  // the environment with which it was started, nil if that cannot be read
	StartedAt time.Time // rounded down to 10 ms
}

// FindAdopted returns the living adopted orphans that match: those that slipped out of the tree of one worker, say, whose
// process group or environment they still have. Known is as for Adopted.
func FindAdopted(known func(pid int) bool, match func(Adoptee) bool) []int {
	var found []int
	for _, o := range Adopted(known) {
		p, ok := readProcess(o.Pid)
		if o.Zombie || !ok {
			continue
		}
		a := Adoptee{Pid: o.Pid, Group: p.group, Env: entries(environment(o.Pid)), StartedAt: startTime(o.StartTicks)}
		if match(a) {
			found = append(found, o.Pid)
		}
	}
	return found
}

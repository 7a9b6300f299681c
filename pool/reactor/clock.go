package reactor

import "time"

// milliseconds rounds up, so that a wait for a deadline does not end just
// before it and start over.
func milliseconds(d time.Duration) int {
	if d < 0 {
		return -1
	}
	const most = 24 * time.Hour // far from the overflow of a C int
	return int((min(d, most) + time.Millisecond - 1) / time.Millisecond)
}

package timeline

import "time"

// seriesMost is how many values a series has at most: about as many as a page has
// pixels to show them in.
const seriesMost = 1024

// series is a value over time, in steps whose width doubles when there get too many
// of them: so it takes as much memory for a run of a week as for one of a minute.
type series struct {
	Step   time.Duration
	Values []float64
	join   func(a, b float64) float64 // makes one value of two
}

// firstStep is the width of a step at first.
const firstStep = time.Millisecond

func newSum() series {
	return series{Step: firstStep, join: func(a, b float64) float64 { return a + b }}
}

func newPeak() series {
	return series{Step: firstStep, join: func(a, b float64) float64 { return max(a, b) }}
}

// reach makes sure that there is a value for a time, and returns its index.
func (s *series) reach(at time.Duration) int {
	for int(at/s.Step) >= seriesMost {
		half := s.Values[:(len(s.Values)+1)/2]
		for i := range half {
			half[i] = s.Values[2*i]
			if 2*i+1 < len(s.Values) {
				half[i] = s.join(half[i], s.Values[2*i+1])
			}
		}
		s.Values = half
		s.Step *= 2
	}
	i := int(at / s.Step)
	for len(s.Values) <= i {
		s.Values = append(s.Values, 0)
	}
	return i
}

// mark joins a value at a time with what is known of it.
func (s *series) mark(at time.Duration, v float64) {
	i := s.reach(max(at, 0))
	s.Values[i] = s.join(s.Values[i], v)
}

// spread adds the time between two, in seconds, to the steps that it lies in. The
// series is a sum.
func (s *series) spread(from, to time.Duration) {
	from = max(from, 0)
	if to <= from {
		return
	}
	s.reach(to)
	for from < to {
		i := int(from / s.Step)
		end := min(time.Duration(i+1)*s.Step, to)
		s.Values[i] += (end - from).Seconds()
		from = end
	}
}

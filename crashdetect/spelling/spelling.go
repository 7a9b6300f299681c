// Package spelling finds the name that somebody meant who has typed another one.
package spelling

import (
	"cmp"
	"iter"
	"unicode/utf8"
)

// Match is a name that is near enough to one that was typed to be what was meant.
type Match struct {
	Name      string
	distance  int
	sameFirst bool // it begins with the same letter
}

// Near compares a name that was typed with one that there is, and tells whether that is
// near enough: by one letter added, left out, changed or swapped with its neighbour, or two
// where typed has seven or more. Nothing is near a name of fewer than three letters, and
// none to itself.
func Near(typed, name string) (Match, bool) {
	length := utf8.RuneCountInString(typed)
	limit := 1
	if length >= 7 {
		limit = 2
	}
	if length < 3 || name == typed || abs(utf8.RuneCountInString(name)-length) > limit {
		return Match{}, false
	}
	d := Distance(typed, name)
	return Match{name, d, firstRune(name) == firstRune(typed)}, d <= limit
}

// Compare orders matches of the same typed name, the best first: the nearest, then those
// with the same first letter, then by the alphabet.
func (m Match) Compare(other Match) int {
	if c := cmp.Compare(m.distance, other.distance); c != 0 {
		return c
	}
	if m.sameFirst != other.sameFirst {
		if m.sameFirst {
			return -1
		}
		return 1
	}
	return cmp.Compare(m.Name, other.Name)
}

// Nearest returns the best match of names, or "" if none is near typed.
func Nearest(typed string, names iter.Seq[string]) string {
	var best Match
	for name := range names {
		if m, ok := Near(typed, name); ok && (best == Match{} || m.Compare(best) < 0) {
			best = m
		}
	}
	return best.Name
}

// Distance returns how many letters must be added, left out, changed or swapped with their neighbour to make b of a,
// where no part is edited twice (the optimal string alignment form of the Damerau-Levenshtein distance).
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(t); j++ {
			changed := last[j-1]
			if s[i-1] != t[j-1] {
				changed++
			}
			row[j] = min(changed, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(t)]
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

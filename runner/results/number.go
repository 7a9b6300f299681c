package results

import (
	"math"
	"strconv"
	"strings"
)

// leadingNumber returns the number that s begins with as Perl takes it, which GNU parallel
// sorts names by: blanks, then digits with a sign, a point and an exponent where there are
// any; 0 without digits. A word that begins as "infinity" or as "nan" does, such as infile,
// is one of these two.
func leadingNumber(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	unsigned := s
	if s != "" && (s[0] == '-' || s[0] == '+') {
		unsigned = s[1:]
	}
	sign := len(s) - len(unsigned)
	if len(unsigned) >= 3 {
		switch strings.ToLower(unsigned[:3]) {
		case "inf":
			n, _ := strconv.ParseFloat(s[:sign]+"inf", 64)
			return n
		case "nan":
			return math.NaN()
		}
	}
	whole := countDigits(unsigned)
	end, digits := sign+whole, whole
	if strings.HasPrefix(s[end:], ".") {
		fraction := countDigits(s[end+1:])
		end += 1 + fraction
		digits += fraction
	}
	if digits == 0 {
		return 0
	}
	end += exponent(s[end:])
	n, _ := strconv.ParseFloat(s[:end], 64) // of a number out of range, an infinity
	return n
}

// exponent returns the length of the exponent that s begins with, or 0.
func exponent(s string) int {
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return 0
	}
	n := 1
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		n++
	}
	if d := countDigits(s[n:]); d > 0 {
		return n + d
	}
	return 0
}

// countDigits returns how many digits s begins with.
func countDigits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// compareNumbers is cmp.Compare, but for what is not a number: that is equal to all.
func compareNumbers(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

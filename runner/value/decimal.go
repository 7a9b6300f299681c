package value

import "math/bits"

// decimal is a number as it was typed, such as 3, 1.5 or .25, kept exactly. It is made by scanDecimal only.
type decimal struct {
	whole    uint64
	frac     uint64 // the digits after the point, as a number of scale-ths; less than scale
	scale    uint64 // a power of ten, 1 without a point
	rest     bool   // digits other than 0 follow that frac does not hold
	overflow bool   // whole does not hold the number
}

// maxScale bounds frac: the digits after the eighteenth count for less than one nanosecond in a day, or one byte in a
// pebibyte.
const maxScale = 1_000_000_000_000_000_000

// scanDecimal reads digits with at most one point from the start of s, and returns what follows them. It wants at least
// one digit and takes neither sign nor exponent.
func scanDecimal(s string) (d decimal, rest string, ok bool) {
	d.scale = 1
	i, point, digits := 0, false, 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c < '0' || c > '9':
			return d, s[i:], digits > 0
		}
		digits++
		if point {
			d.addFraction(uint64(c - '0'))
		} else {
			d.addWhole(uint64(c - '0'))
		}
	}
	return d, "", digits > 0
}

func (d *decimal) addWhole(digit uint64) {
	hi, lo := bits.Mul64(d.whole, 10)
	sum, carry := bits.Add64(lo, digit, 0)
	d.whole = sum
	d.overflow = d.overflow || hi != 0 || carry != 0
}

func (d *decimal) addFraction(digit uint64) {
	if d.scale == maxScale {
		d.rest = d.rest || digit != 0
		return
	}
	d.frac = d.frac*10 + digit
	d.scale *= 10
}

// isWhole reports whether there is nothing after the point but zeros.
func (d decimal) isWhole() bool { return d.frac == 0 && !d.rest }

// times returns d * unit, rounded up, so that what was not zero never becomes zero. It returns false if the product
// is over limit.
func (d decimal) times(unit, limit uint64) (uint64, bool) {
	hi, product := bits.Mul64(d.whole, unit)
	if d.overflow || hi != 0 {
		return 0, false
	}
	// frac < scale, so that the quotient is less than unit: Div64 cannot overflow.
	fracHi, fracLo := bits.Mul64(d.frac, unit)
	part, left := bits.Div64(fracHi, fracLo, d.scale)
	var up uint64
	if left != 0 || d.rest {
		up = 1
	}
	sum, carry := bits.Add64(product, part, up)
	return sum, carry == 0 && sum <= limit
}

// float returns the number next to d, which did not overflow.
func (d decimal) float() float64 {
	return float64(d.whole) + float64(d.frac)/float64(d.scale)
}

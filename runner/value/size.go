package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, never negative. The zero value is zero, which most options take for "no limit".
type Size int64

// Set parses s as ParseSize does.
func (z *Size) Set(s string) error {
	v, err := ParseSize(s)
	if err == nil {
		*z = Size(v)
	}
	return err
}

// String returns a form that Set takes: in the largest power of 1024 that leaves no fraction.
func (z Size) String() string {
	n, suffix := int64(z), ""
	for i := 0; n != 0 && n%1024 == 0 && i < len("KMGTP"); i++ {
		n /= 1024
		suffix = "KMGTP"[i : i+1]
	}
	return strconv.FormatInt(n, 10) + suffix
}

// Type names the value in usage texts.
func (z Size) Type() string { return "size" }

// ParseSize reads a number of bytes with an optional unit. As in GNU parallel, K, M, G, T and P are powers of 1024, and
// k, m, g, t and p are powers of 1000. An "i" after the letter makes it a power of 1024 in either case, a final "B" changes
// nothing: 64K = 64Ki = 64kiB = 64KB = 65536, 64k = 64kB = 64000. A number with a unit may have a fraction ("1.5G"); it is
// rounded up to the byte. Negative sizes and those over 8 EiB - 1 are refused.
func ParseSize(s string) (int64, error) {
	if strings.HasPrefix(s, "-") {
		return 0, sizeError("negative")
	}
	number, suffix, ok := scanDecimal(s)
	if !ok {
		return 0, sizeError("not a size")
	}
	unit, ok := byteUnit(suffix)
	if !ok {
		return 0, sizeError(fmt.Sprintf("unknown unit %q", suffix))
	}
	if unit == 1 && !number.isWhole() {
		return 0, sizeError("part of a byte")
	}
	n, ok := number.times(unit, math.MaxInt64)
	if !ok {
		return 0, sizeError("over 8 EiB")
	}
	return int64(n), nil
}

// byteUnit returns the number of bytes in a unit; false if there is no such unit.
func byteUnit(name string) (uint64, bool) {
	if name == "" || name == "B" || name == "b" {
		return 1, true
	}
	base, prefix := uint64(1024), name[:1]
	power := strings.Index("KMGTP", prefix)
	if power < 0 {
		base, power = 1000, strings.Index("kmgtp", prefix)
	}
	switch name[1:] {
	case "", "B", "b":
	case "i", "iB", "ib":
		base = 1024
	default:
		return 0, false
	}
	if power < 0 {
		return 0, false
	}
	unit := base
	for range power {
		unit *= base
	}
	return unit, true
}

func sizeError(reason string) error {
	return fmt.Errorf("%s: want bytes, or a number with K, M, G or T (powers of 1024) or k, m, g or t (powers of 1000), such as 4096, 64K or 1.5G", reason)
}

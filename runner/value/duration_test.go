package value

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		in   string
		want time.Duration
	}{
		{"0", 0},
		{"3", 3 * time.Second},
		{"007", 7 * time.Second},
		{"1.5", 1500 * time.Millisecond},
		{".5", 500 * time.Millisecond},
		{"2.", 2 * time.Second},
		{"0.1", 100 * time.Millisecond},
		{"100ms", 100 * time.Millisecond},
		{"10us", 10 * time.Microsecond},
		{"10µs", 10 * time.Microsecond},
		{"10μs", 10 * time.Microsecond},
		{"5ns", 5},
		{"2m", 2 * time.Minute},
		{"2M", 2 * time.Minute},
		{"1h30m", 90 * time.Minute},
		{"1d", day},
		{"1.5d", 36 * time.Hour},
		{"2d3.5h16.6m4s", 2*day + 3*time.Hour + 46*time.Minute + 40*time.Second},
		{"1d3.5h16.6m4s", 100000 * time.Second},
		{"1s1s", 2 * time.Second},
		{"0s", 0},
		{"0.0000000001", 1}, // not zero, which would mean "no limit"
		{"0." + strings.Repeat("0", 40) + "1h", 1},
		{"0." + strings.Repeat("0", 40) + "h", 0},
		{"0.3333333333333333333333333h", 20 * time.Minute},
		{"9223372036.854775807", math.MaxInt64},
		{"106751d23h47m16.854775807s", math.MaxInt64},
	}
	for _, tt := range tests {
		if got, err := ParseDuration(tt.in); err != nil || got != tt.want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", tt.in, got, err, tt.want)
		}
	}
}

func TestParseDurationErrors(t *testing.T) {
	for _, in := range []string{
		"", " ", "-1", "-0", "+1", "1 ", " 1", "s", ".", ".s", "1x", "1h30", "30 s", "1..5", "1.5.2s", "1e3", "0x10", "1_000",
		"inf", "NaN", "1w", "1h-2m", "9223372036.854775808", "106752d", "99999999999999999999", "18446744073709551616ns",
		"106751d106751d", "1\n", "1\x00", "１s",
	} {
		_, err := ParseDuration(in)
		checkError(t, in, err)
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, in := range []string{"3", "1.5", "2d3.5h16.6m4s", "100ms", ".", "9223372036.854775807", "1h30"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := checkReadAgain(t, in, ParseDuration, func(v time.Duration) string { return Duration(v).String() })
		if got < 0 {
			t.Errorf("ParseDuration(%q) = %v, negative", in, got)
		}
	})
}

package value

import (
	"math"
	"testing"
)

func TestParseSize(t *testing.T) {
	tests := []struct {
		in   string
		want int64
	}{
		{"0", 0},
		{"4096", 4096},
		{"010", 10},
		{"12B", 12},
		{"64K", 65536},
		{"64Ki", 65536},
		{"64KiB", 65536},
		{"64kiB", 65536},
		{"64KB", 65536},
		{"64k", 64000},
		{"64kB", 64000},
		{"1M", 1 << 20},
		{"1m", 1e6},
		{"1G", 1 << 30},
		{"1g", 1e9},
		{"1T", 1 << 40},
		{"1t", 1e12},
		{"1P", 1 << 50},
		{"1p", 1e15},
		{"1.5G", 3 << 29},
		{".5K", 512},
		{"1.0", 1},
		{"0.00001K", 1}, // not zero, which would mean "no limit"
		{"1.0000000000000000000000001k", 1001},
		{"9223372036854775807", math.MaxInt64},
		{"8191P", 8191 << 50},
	}
	for _, tt := range tests {
		if got, err := ParseSize(tt.in); err != nil || got != tt.want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", tt.in, got, err, tt.want)
		}
	}
}

func TestParseSizeErrors(t *testing.T) {
	for _, in := range []string{
		"", "-1", "+1", " 1", "1 ", "1 K", "K", "i", "1i", "1iB", "1KK", "1KiBB", "1E", "1e3", "0x10", "1.5", "1.5B", "1,5K",
		"9223372036854775808", "8192P", "99999999999999999999K", "18446744073709551616", "auto", "1K\n", "50%",
	} {
		_, err := ParseSize(in)
		checkError(t, in, err)
	}
}

func TestSizeString(t *testing.T) {
	for z, want := range map[Size]string{
		0: "0", 1: "1", 1000: "1000", 1024: "1K", 65536: "64K", 1536: "1536", 3 << 29: "1536M", 1 << 60: "1024P",
	} {
		if got := z.String(); got != want {
			t.Errorf("Size(%d).String() = %q, want %q", int64(z), got, want)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, in := range []string{"4096", "64K", "1.5G", "1kiB", "8191P", ".", "1KB"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := checkReadAgain(t, in, ParseSize, func(v int64) string { return Size(v).String() })
		if got < 0 {
			t.Errorf("ParseSize(%q) = %d, negative", in, got)
		}
	})
}

//go:build !linux

package crashdetect

// RSS returns 0, false: this system has no cheap way to tell what memory another process has.
func RSS(pid int) (bytes int64, ok bool) { return 0, false }

// TreeRSS returns 0, false; the same holds as for RSS.
func TreeRSS(roots ...int) (bytes int64, ok bool) { return 0, false }

// TreePSS returns 0, false; the same holds as for RSS.
func TreePSS(roots ...int) (bytes int64, ok bool) { return 0, false }

package template

import "strings"

// A name is what follows the last slash; an extension goes from a dot in it to the next
// one. As in GNU parallel a leading dot is no exception: ".profile" is all extension.

// noExt drops the last n extensions of s; it leaves s as it is if there are fewer.
func noExt(s string, n int) string {
	if i := extension(s, n); i >= 0 {
		return s[:i]
	}
	return s
}

// ext returns the last n extensions of s without the dot before them, or nothing if
// there are fewer.
func ext(s string, n int) string {
	if i := extension(s, n); i >= 0 {
		return s[i+1:]
	}
	return ""
}

// extension returns the index of the n-th last dot in the name, or -1.
func extension(s string, n int) int {
	end := len(s)
	for range n {
		end = strings.LastIndexAny(s[:end], "./")
		if end < 0 || s[end] == '/' {
			return -1
		}
	}
	return end
}

// lastExt is ext(s, 1), but that a dot in a directory counts when the name has none: of
// "a.b/c" it is "b/c", as in GNU parallel.
func lastExt(s string) string {
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		return s[i+1:]
	}
	return ""
}

// base returns what follows the last slash: nothing for "a/".
func base(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// path returns what precedes the last slash, and nothing if there is none.
func path(s string) string { return s[:max(0, strings.LastIndexByte(s, '/'))] }

// dir is dirname(1): trailing slashes do not count, the root is its own directory, and
// a name without a slash is in ".".
func dir(s string) string {
	named := strings.TrimRight(s, "/")
	if named == "" && s != "" {
		return "/"
	}
	i := strings.LastIndexByte(named, '/')
	if i < 0 {
		return "."
	}
	if d := strings.TrimRight(named[:i], "/"); d != "" {
		return d
	}
	return "/"
}

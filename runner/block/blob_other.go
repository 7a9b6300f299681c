//go:build !linux

package block

import "os"

// openAnonymous always fails: elsewhere, /dev/fd gives the same open file again, with one offset for all.
func openAnonymous(string, BlobKind) (*os.File, error) { return nil, errNotAnonymous }

// seal and reopen are for files without a name only.
func seal(*os.File, BlobKind) error { return nil }

func reopen(*os.File) (*os.File, error) { return nil, errNotAnonymous }

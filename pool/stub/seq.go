package stub

import (
	"bytes"
	"strconv"
)

// TaskSeq returns the sequence number in a request that AppendTask has made, of
// which the beginning is enough; ok is false if it is another request.
func TaskSeq(request []byte) (seq int64, ok bool) {
	rest, ok := bytes.CutPrefix(request, []byte("task "))
	if !ok {
		return 0, false
	}
	number, _, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		return 0, false
	}
	seq, err := strconv.ParseInt(string(number), 10, 64)
	return seq, err == nil
}

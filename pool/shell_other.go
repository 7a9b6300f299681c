//go:build !linux

package pool

// fionread is FIONREAD of <sys/filio.h>, the same on macOS and the BSDs.
const fionread = 0x4004667f

// prepareCapture makes a new capture: without a way to see that all writers have
// gone, one serves one attempt.
func (w *shellWorker) prepareCapture() (err error) {
	if w.capture != nil {
		w.capture.close()
		w.capture = nil
	}
	w.capture, err = newPathCapture(w.slot.pool)
	return err
}

// sourceFile is of no use here: all commands go through the pipe.
type sourceFile struct{}

func (*sourceFile) put([]byte) (path string, err error) { return "", nil }
func (*sourceFile) path() string                        { return "" }
func (*sourceFile) close()                              {}

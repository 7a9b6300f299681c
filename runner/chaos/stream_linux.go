package chaos

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sizeLimit is the size of the file at which reader fileLimit stops, in bytes.
const sizeLimit = 4 << 20

// openStdin returns what the run reads: a pipe that feed fills, a file, or nothing.
func (s *stage) openStdin() (*os.File, error) {
	if s.plan.source != fromPipe && s.plan.source != breaksOff {
		return os.Open(os.DevNull)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.work.Go(func() {
		defer w.Close()
		s.write(w)
	})
	return r, nil
}

// feed writes the records to the named pipe, if they come from there.
func (s *stage) feed() {
	if s.plan.source != fromFIFO {
		return
	}
	for {
		fd, err := unix.Open(s.path("fifo"), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err == nil {
			w := os.NewFile(uintptr(fd), "fifo")
			defer w.Close()
			s.write(w)
			return
		}
		if !errors.Is(err, unix.ENXIO) || !s.wait(time.Millisecond) { // nobody reads it yet
			return
		}
	}
}

// wait returns after d, or with false when the run is over.
func (s *stage) wait(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.over:
		return false
	}
}

// write writes the input, with its gaps, until the run is over.
func (s *stage) write(w *os.File) {
	done := make(chan struct{})
	defer close(done)
	go func() { // ends with write, or by ending it
		select {
		case <-s.over:
			_ = w.SetWriteDeadline(time.Now())
		case <-done:
		}
	}()
	input, every := s.plan.input(), len(s.plan.tasks)/gaps+1
	for i := 0; input != ""; i++ {
		piece := input
		if s.plan.gap > 0 {
			if i > 0 && !s.wait(s.plan.gap) {
				return
			}
			piece = firstLines(input, every*max(1, s.plan.perBlock))
		}
		if _, err := io.WriteString(w, piece); err != nil {
			return
		}
		input = input[len(piece):]
	}
}

// firstLines returns the first n lines of text.
func firstLines(text string, n int) string {
	rest := text
	for range n {
		_, after, ok := strings.Cut(rest, "\n")
		if !ok {
			return text
		}
		rest = after
	}
	return text[:len(text)-len(rest)]
}

// openStdout opens what the run writes to.
func (s *stage) openStdout() (err error) {
	how := s.plan.reader
	if s.resumes {
		how = reads
	}
	switch how {
	case fullDisk:
		if s.out, err = tinyDisk(s.plan.room); err == nil {
			s.outEnd = s.out
			return s.reopen()
		}
		return err
	case fileLimit:
		s.out, err = os.OpenFile(s.path("out"), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		s.offset = int64(max(0, sizeLimit-s.plan.room))
		if err := s.out.Truncate(s.offset); err != nil {
			return err
		}
		return s.reopen()
	}
	s.out, err = s.drain(&s.stdout, how)
	return err
}

// reopen keeps the file that the run writes to, so that it can be read after it.
func (s *stage) reopen() error {
	fd, err := unix.FcntlInt(s.out.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		s.outEnd = os.NewFile(uintptr(fd), "out")
	}
	return err
}

// drain returns an end for writing of a pipe, which is read into b until nobody has
// it any more.
func (s *stage) drain(b *bytes.Buffer, how reader) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.read.Go(func() {
		defer r.Close()
		s.copy(b, r, how)
	})
	return w, nil
}

// copy reads as the reader of the plan does.
func (s *stage) copy(b *bytes.Buffer, r io.Reader, how reader) {
	switch how {
	case closes:
		_, _ = io.CopyN(b, r, int64(s.plan.room))
		return
	case stopsAWhile:
		_, _ = io.CopyN(b, r, int64(s.plan.room))
		s.wait(time.Second / 4)
	case readsSlow:
		for range 100 {
			if _, err := io.CopyN(b, r, max(100, int64(s.plan.room/50))); err != nil {
				return
			}
			s.wait(5 * time.Millisecond)
		}
	}
	_, _ = io.Copy(b, r)
}

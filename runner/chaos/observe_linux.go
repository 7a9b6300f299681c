package chaos

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// collect reads what the run has left to be read.
func (s *stage) collect(o *observation) error {
	o.stdout, o.stderr = s.stdout.String(), s.stderr.String()
	if s.outEnd != nil {
		b, err := io.ReadAll(io.NewSectionReader(s.outEnd, s.offset, sizeLimit))
		s.outEnd.Close()
		if err != nil {
			return err
		}
		o.stdout = string(b)
	}
	log, err := os.ReadFile(s.path("log"))
	if err != nil {
		return err
	}
	if err := o.readLog(string(log)); err != nil {
		return err
	}
	joblog, err := os.ReadFile(s.path("joblog"))
	if s.disk != nil {
		joblog, err = io.ReadAll(io.NewSectionReader(s.disk, 0, sizeLimit))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := o.readJoblog(string(joblog)); err != nil {
		return err
	}
	o.readErrors()
	if o.objects = nil; s.plan.json() {
		if err := o.readObjects(); err != nil {
			return err
		}
	}
	left, err := os.ReadDir(s.path("tmp"))
	for _, f := range left {
		o.files = append(o.files, f.Name())
	}
	return err
}

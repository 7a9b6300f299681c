package runner

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"xpool/runner/joblog"
	"xpool/runner/results"
)

// namedFile is a file that the command line names: what it is there, and its name, which
// is "" for standard input.
type namedFile struct{ what, name string }

func (f namedFile) String() string {
	if f.name == "" {
		return f.what
	}
	return f.what + " " + quoteWord(f.name)
}

// checkFiles refuses a regular file that is to be written for two purposes, or written and
// read: only one of them would have what it is to have. A joblog is what the run reads of
// it as well.
func (r *run) checkFiles() error {
	o := &r.opts
	if o.DryRun {
		return nil
	}
	written := o.writtenFiles()
	if len(written) == 0 {
		return nil
	}
	all := append(written, r.readFiles()...)
	places := make([]place, len(all))
	for i, f := range all {
		switch {
		case f.name == "":
			places[i].info, _ = r.streams.stdin.Stat() // a closed one is no file
		case i >= len(written) || !standsForStream(f.name):
			places[i] = placeOf(f.name)
		}
		for j := range min(i, len(written)) {
			if places[i].same(places[j]) {
				return fmt.Errorf("%s and %s are the same file: each needs one of its own", all[j], f)
			}
		}
	}
	return nil
}

// writtenFiles are the files that options name to be written, each by one option.
func (o *Options) writtenFiles() (files []namedFile) {
	log, _ := joblog.ParseName(o.Record.Joblog)
	table := o.Record.Results
	if format, stdout := results.ParseTarget(table); format == results.Separate || stdout {
		table = ""
	}
	for _, f := range []namedFile{
		{"--joblog", log}, {"--results", table},
		{"--trace", o.Reports.Trace}, {"--report", o.Reports.Page}, {"--junit", o.Reports.JUnit},
	} {
		if f.name != "" {
			files = append(files, f)
		}
	}
	return files
}

// readFiles are the files that the run reads by itself.
func (r *run) readFiles() (files []namedFile) {
	o := &r.opts
	if !o.Sem.On && !o.Record.RetryFailed {
		for _, name := range o.pipeFiles() {
			if name == "-" {
				files = append(files, namedFile{"standard input", ""})
			} else {
				files = append(files, namedFile{"the input", name})
			}
		}
	}
	if name := r.asked.File(); name != "" {
		files = append(files, namedFile{"--jobs", name})
	}
	for _, name := range o.InitFiles {
		files = append(files, namedFile{"--init-file", name})
	}
	return files
}

// standsForStream tells whether a name is that of what has been opened for xpool already,
// for which several outputs may be meant.
func standsForStream(name string) bool {
	name = path.Clean(name)
	return name == "/dev/stdout" || name == "/dev/stderr" || strings.HasPrefix(name, "/dev/fd/") || strings.HasPrefix(name, "/proc/")
}

// place is where a file is, or will be when it is made. The zero place is no file's.
type place struct {
	info fs.FileInfo // of the file; if there is none yet, of its directory
	base string      // the file's name in that directory, "" if there is a file
}

// maxLinks is how many symbolic links are followed to a file that is not there: Linux does
// not follow more either.
const maxLinks = 40

// placeOf finds the place of a file by its name. Of one that cannot be reached it is zero:
// whoever opens the file says so.
func placeOf(name string) place {
	for range maxLinks {
		if info, err := os.Stat(name); err == nil {
			return place{info: info}
		}
		// No package's Dir or Join will do, as they take .. for what it is without links.
		slash := strings.LastIndexByte(name, '/') + 1
		dir, base := name[:slash], name[slash:]
		link, err := os.Readlink(name)
		if err != nil {
			info, _ := os.Stat(cmp.Or(dir, "."))
			return place{info, base}
		}
		if name = dir + link; strings.HasPrefix(link, "/") {
			name = link
		}
	}
	return place{}
}

// same tells whether both places are one, which holds a regular file or is to get one.
// What is no regular file takes what it gets from whoever writes.
func (p place) same(q place) bool {
	return p.info != nil && q.info != nil && p.base == q.base && os.SameFile(p.info, q.info) && (p.base != "" || p.info.Mode().IsRegular())
}

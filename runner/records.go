package runner

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"xpool/runner/input"
	"xpool/runner/pack"
)

// openSource gets the records ready, and what makes batches of them.
func (r *run) openSource() error {
	o := &r.opts
	if o.Sem.On {
		return r.openOnce()
	}
	limits, err := r.limits()
	if err != nil {
		return err
	}
	most := 0
	if o.As == asXargs {
		most = limits.MaxRecord(o.Command)
	}
	switch {
	case o.Pipe.on():
		return r.openPipe()
	case o.Record.RetryFailed:
		return r.openFailures()
	case o.usesRows():
		if err := r.openRows(); err != nil {
			return err
		}
		r.batches = r.newRowBatcher(limits.MaxChars)
		return nil
	case o.HasArgs:
		r.source = input.Args(o.Operands)
	case len(o.Files) == 1 && o.As == asXargs && o.Files[0] != "-":
		r.source, err = r.argFile(o.Files[0], most)
	case len(o.Files) > 0 && o.As != asXargs:
		r.source = input.Files(o.Files, r.openFile, input.Options{Delim: byte(o.Delim)})
	default:
		var in io.Reader
		if in, err = r.read(r.streams.stdin); err == nil {
			r.source = r.records(in, "standard input", most)
		}
	}
	if err != nil {
		return err
	}
	if o.HasEnd && !o.Words && o.As != asXargs {
		r.source = input.Until(r.source, o.End)
	}
	r.batches = r.newBatcher(limits)
	return nil
}

// argFile is a file of xargs, which is opened before anything else happens.
func (r *run) argFile(name string, most int) (input.Source, error) {
	f, err := r.openFile(name)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return nil, xargsErrorf("Cannot open input file %s: %s", quoteFile(name), capital(pathErr.Err.Error()))
	} else if err != nil {
		return nil, err
	}
	return r.records(f, name, most), nil
}

// quoteFile shows the name of a file in a message as GNU xargs does.
func quoteFile(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case r == '\\' || r == '\'':
			b.WriteString(`\` + string(r))
		case unprintable(r):
			_, size := utf8.DecodeRuneInString(name[i:])
			for _, c := range []byte(name[i : i+size]) {
				b.WriteString(escapeByte(c))
			}
		default:
			b.WriteRune(r)
		}
	}
	return "'" + b.String() + "'"
}

// records splits what is read into records.
func (r *run) records(in io.Reader, name string, most int) input.Source {
	o := &r.opts
	if !o.Words {
		return input.NewReader(in, input.Options{Delim: byte(o.Delim), Name: name, MaxRecord: most})
	}
	end := ""
	if o.HasEnd {
		end = o.End
	}
	return input.Words(in, input.WordOptions{
		Lines: o.Packing.replaces, End: end, Name: name, MaxRecord: most,
		OnNUL: func() {
			r.warn("WARNING: a NUL character occurred in the input.  " +
				"It cannot be passed through in the argument list.  Did you mean to use the --null option?")
		},
	})
}

// warn tells the user of something in the input. It has to be there before the
// task that the input is for writes anything itself.
func (r *run) warn(line string) {
	if r.inherit {
		r.writeError(shownOn(r.streams.stderr, r.opts.Name+": "+line+"\n"))
		return
	}
	r.note(line)
}

// limits are how much goes into a task, with the system's bounds, of which the
// user is told if asked for.
func (r *run) limits() (pack.Limits, error) {
	o := &r.opts
	limits := o.Packing.limits
	if o.As == asParallel && !o.ShowLimits {
		most := parallelLine
		if limits.MaxChars > 0 {
			most = min(most, limits.MaxChars)
		}
		limits.MaxChars = most - 1 // what is as long as that is too long
		return limits, nil
	}
	if o.As != asXargs && !o.Packing.asked && !o.Rows.Fill && !o.ShowLimits {
		return limits, nil
	}
	system, err := pack.SystemLimits(r.found)
	if err != nil {
		return limits, err
	}
	limits = system.Limits(limits)
	if o.ShowLimits {
		if err := pack.ShowLimits(r.streams.stderr, system, limits.MaxChars); err != nil {
			return limits, err
		}
		if !o.HasArgs && len(o.Files) == 0 && isTerminal(r.streams.stdin) {
			name := ""
			if len(o.Command) > 0 {
				name = o.Command[0]
			}
			err = pack.ShowNotice(r.streams.stderr, name, o.RunEmpty && name != "")
		}
	}
	return limits, err
}

func (r *run) newBatcher(limits pack.Limits) batcher {
	o := &r.opts
	switch {
	case o.As == asXargs && o.Packing.replaces && limits.Replace == "":
		return unreplaceable{r.source}
	case o.As == asXargs:
		return &commands{
			packer:   pack.New(r.source, o.Command, limits),
			initial:  o.Command,
			runEmpty: o.RunEmpty && !o.Packing.replaces,
		}
	case o.severalRecords():
		return newSeveral(r.source, o.Command, limits, o.Packing.limits.MaxChars > 0)
	default:
		return single{r.source}
	}
}

// openTerminal finds out what programs get of the run's terminal. A process
// group of their own, which makes it easier to end them, would keep them from
// reading it.
func (r *run) openTerminal() error {
	o := &r.opts
	if !r.command.inherits() {
		return nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY, 0)
	// A command of xargs can rely on not being the leader of a group: setsid(1)
	// does not wait for the program where it is.
	r.terminal.tty = err == nil
	r.terminal.group = r.terminal.tty || o.As == asXargs
	switch {
	case o.OpenTTY && err != nil && o.As != asParallel: // which does without
		return err
	case o.OpenTTY && err == nil:
		r.terminal.stdin = tty // stays open as long as the process
	case o.fromFiles(), o.Sem.On:
		r.terminal.stdin = r.streams.stdin
	}
	if err == nil {
		if r.terminal.stdin != tty {
			tty.Close()
		}
	}
	return nil
}

// fromFiles tells whether the records come from files alone, so that standard
// input is left to the tasks.
func (o *Options) fromFiles() bool {
	for _, name := range o.Files {
		if name == "-" {
			return false
		}
	}
	return len(o.Files) > 0
}

// slotEnv is for pool.Options: the variable counts from 0, as that of xargs does.
func (o *Options) slotEnv() func(slot int) []string {
	if o.SlotVar == "" && o.As != asParallel {
		return nil
	}
	return func(slot int) (env []string) {
		if o.SlotVar != "" {
			env = append(env, o.SlotVar+"="+strconv.Itoa(slot-1))
		}
		if o.As == asParallel {
			env = append(env, "PARALLEL_JOBSLOT="+strconv.Itoa(slot))
		}
		return env
	}
}

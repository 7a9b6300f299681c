package runner

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"xpool/runner/reuse"
)

// listServers does what --reuse-list asks for.
func (s streams) listServers(o Options) Status {
	return s.askServers(o, func(ctx context.Context, d *reuse.Directory) error {
		found, err := reuse.List(ctx, d)
		if failed := showServers(s.stdout, found, isTerminal(s.stdout)); failed != nil {
			return fmt.Errorf("cannot write standard output: %w", failed)
		}
		return err
	})
}

// stopServers does what --reuse-stop asks for.
func (s streams) stopServers(o Options) Status {
	return s.askServers(o, func(ctx context.Context, d *reuse.Directory) error {
		match := func(i reuse.Info) bool { return o.Reuse.StopAll || i.Name == o.Reuse.StopName }
		_, err := reuse.Stop(ctx, d, match, func(i reuse.Info) {
			if i.Running > 0 {
				o.warn(s.stderr, fmt.Sprintf("the server %s (pid %d) ends when it has done what it was asked for: %d more to wait for",
					serverName(i), i.Pid, i.Running))
			}
		})
		return err
	})
}

// askServers calls f, whose context a signal cancels, with the directory of servers.
func (s streams) askServers(o Options, f func(context.Context, *reuse.Directory) error) Status {
	d, err := reuse.OpenDirectory(s.env.get)
	if err != nil {
		o.say(s.stderr, err.Error())
		return o.usageStatus()
	}
	defer d.Close()
	status, err := untilSignal(func(ctx context.Context) error { return f(ctx, d) })
	if err == nil {
		return status
	}
	o.say(s.stderr, strings.ReplaceAll(err.Error(), "\n", "\n"+o.Name+": "))
	return o.usageStatus()
}

// showServers writes a line for each server: with tabs between the columns for a
// program, and in columns with their names for a person.
func showServers(w io.Writer, servers []reuse.Info, person bool) error {
	if !person {
		return writeServers(w, servers)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(t, "NAME\tPID\tSLOTS\tWORKERS\tCALLS\tAGE\tIDLE\tCOMMAND\n"); err != nil {
		return err
	}
	if err := writeServers(t, servers); err != nil {
		return err
	}
	return t.Flush()
}

func writeServers(w io.Writer, servers []reuse.Info) error {
	for _, i := range servers {
		idle := "-"
		if i.Running == 0 {
			idle = showAge(i.Idle)
		}
		_, err := fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\n",
			serverName(i), i.Pid, i.Slots, i.Workers, i.Calls, showAge(i.Age), idle, i.Command)
		if err != nil {
			return err
		}
	}
	return nil
}

func serverName(i reuse.Info) string {
	if i.Name == "" {
		return "-"
	}
	return i.Name
}

// showAge is a duration in whole seconds.
func showAge(d time.Duration) string { return d.Truncate(time.Second).String() }

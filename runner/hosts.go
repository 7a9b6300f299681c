package runner

import (
	"fmt"
	"slices"
	"time"

	"xpool/pool"
	"xpool/runner/on"
)

// remote returns the kind of worker that runs on the machines of --on what inner
// runs here.
func (r *run) remote(inner pool.Kind) (pool.Kind, error) {
	o := &r.opts
	hosts, err := r.hosts()
	if err != nil {
		return nil, err
	}
	k := &pool.Remote{
		Hosts: hosts, Inner: inner, Dir: o.Dir, Env: r.remoteEnv(),
		Exact: o.Retries <= 1, // what is lost is not tried again: one loss is not to cost others
		Log:   func(host string, line []byte) { r.log(fmt.Appendf(nil, "%s: %s\n", host, line)) },
		Out:   func(_ string, err error) { r.note(err.Error()) },
	}
	if t := r.transfers; t != nil {
		k.Base, k.Remove = t.base, t.remove
	}
	if o.SlotVar != "" {
		k.SlotVars = append(k.SlotVars, pool.RemoteSlotVar{Name: o.SlotVar})
	}
	return k, nil
}

// hosts are the machines of --on, and the ways to them.
func (r *run) hosts() (hosts []pool.RemoteHost, err error) {
	o, env := &r.opts, r.found
	access := on.Access{SSH: o.On.ssh(env), Self: guardProgram(), Shell: "/bin/sh"}
	for _, p := range o.On.Places {
		if access.Agent == nil && (p.Way == on.SSH || p.Way == on.Slurm) {
			if access.Agent, err = on.NewAgent(access.Self, versionText()); err != nil {
				return nil, err
			}
		}
		agents, err := p.Agents(env.get)
		if err != nil {
			return nil, fmt.Errorf("--on: %w", err)
		}
		for _, a := range agents {
			hosts = append(hosts, o.remoteHost(access, a))
		}
	}
	return hosts, nil
}

// loginTimeout is how long a login may take with the sending of the agent, some
// megabytes: as long as connecting to a host that does not answer takes on Linux.
const loginTimeout = 130 * time.Second

// remoteHost is one machine.
func (o *Options) remoteHost(access on.Access, p on.Place) pool.RemoteHost {
	h := pool.RemoteHost{Name: p.Name(), Argv: access.Argv(p), Slots: p.Slots, SameFiles: p.Way == on.Local}
	if p.Slots == 0 && o.Jobs.String() != "" {
		h.SlotsOf = func(cpus int) int {
			n, unlimited := o.Jobs.Resolve(func() int { return cpus })
			if unlimited {
				return manyJobs
			}
			return n
		}
	}
	if access.Greeted(p) {
		h.Greeting = func() pool.Greeting { return access.Agent.Greeting() }
	}
	switch p.Way {
	case on.Slurm:
		h.StartTimeout = -1 // the job may wait in the queue for as long as it takes
	case on.SSH:
		h.StartTimeout = loginTimeout
	}
	return h
}

// remoteEnv is what tasks find in their environment on other machines besides what is
// there: what the run itself sets, and what the user names.
func (r *run) remoteEnv() (env []string) {
	for _, v := range r.taskEnv() {
		if !slices.Contains(r.found, v) || r.opts.On.sends(v) {
			env = append(env, v)
		}
	}
	return env
}

package on

import (
	"fmt"
	"strings"
)

// Access is how the places of one run are reached.
type Access struct {
	// SSH are the words of what stands in for ssh, which is given a host and a command;
	// nil is ssh itself, with options by which it neither asks anything nor waits for
	// ever for a host that has gone.
	SSH []string

	// Self is the file of this program, which is the agent on this machine.
	Self string

	// Shell is what runs a Command.
	Shell string

	// Agent is what is brought along; nil means that the far end has it in its PATH.
	Agent *Agent
}

// Greeted tells whether the stream to p begins with what Agent.Greeting understands.
func (a Access) Greeted(p Place) bool { return a.Agent != nil && (p.Way == SSH || p.Way == Slurm) }

// Argv is the command whose standard input and output lead to the agent at p.
func (a Access) Argv(p Place) []string {
	switch p.Way {
	case Local:
		return []string{a.Self, "--agent"}
	case Command:
		return []string{a.Shell, "-c", p.Text}
	case Slurm:
		argv := append([]string{"srun"}, strings.Fields(p.Text)...)
		return append(argv, "--unbuffered", "/bin/sh", "-c", a.start())
	}
	return append(a.ssh(p), p.Host, "exec /bin/sh -c '"+a.start()+"'")
}

// ssh are the words before the host.
func (a Access) ssh(p Place) []string {
	switch {
	case p.Program != nil:
		return append([]string(nil), p.Program...)
	case a.SSH != nil:
		return append([]string(nil), a.SSH...)
	}
	return []string{
		"ssh", "-T", "-o", "BatchMode=yes",
		"-o", fmt.Sprintf("ServerAliveInterval=%d", aliveSeconds), "--",
	}
}

// aliveSeconds is how often ssh asks a silent host whether it is there; after three
// times without an answer the connection is over.
const aliveSeconds = 15

// start is the shell command that starts the agent.
func (a Access) start() string {
	if a.Agent == nil {
		return "exec xpool --agent"
	}
	return a.Agent.Script()
}

// Package on says where tasks run when that is not only this machine: it reads what
// --on and GNU parallel's -S ask for, knows the commands that lead there, and brings
// the program along that serves tasks at the far end.
//
// A place is reached by a command whose standard input and output are the stream to an
// agent, "xpool --agent". However many tasks run there, that is one connection.
package on

import (
	"fmt"
	"strconv"
	"strings"
)

// Way is how a place is reached.
type Way uint8

// The ways that there are.
const (
	SSH     Way = iota // ssh, or what stands in for it
	Slurm              // a job step that srun starts
	Command            // a command line, for a shell
	Local              // this machine itself
)

// Place is where tasks run.
type Place struct {
	Way Way

	// Slots is how many tasks run there at once; 0 means that nothing was said.
	Slots int

	// Host is what SSH logs in to, as ssh takes it.
	Host string

	// Program are the words of what stands in for ssh for this place alone; nil
	// otherwise.
	Program []string

	// Text is the command line of a Command, and the options of srun for Slurm,
	// separated by blanks.
	Text string

	// Number, from 1, tells the agents of a Slurm place apart; 0 for other places.
	Number int
}

// Name is what the place is called in logs and messages.
func (p Place) Name() string {
	switch p.Way {
	case Local:
		return ":"
	case Slurm:
		return "slurm-" + strconv.Itoa(max(p.Number, 1))
	case Command:
		return p.Text
	}
	return strings.Join(append(append([]string(nil), p.Program...), p.Host), " ")
}

// Parse reads the value of --on, of which the words are:
//
//	ssh:[N*]HOST[,[N*]HOST...]
//	slurm[:[N*][OPTION...]]
//	cmd:[N*]COMMAND LINE
//	local[:N]
//
// N is a number of slots, from 1.
func Parse(text string) ([]Place, error) {
	way, rest, given := strings.Cut(text, ":")
	switch way {
	case "ssh":
		return parseHosts(rest)
	case "slurm":
		slots, options, err := cutSlots(rest)
		return []Place{{Way: Slurm, Slots: slots, Text: strings.TrimSpace(options)}}, err
	case "cmd":
		slots, command, err := cutSlots(rest)
		if err == nil && strings.TrimSpace(command) == "" {
			err = fmt.Errorf("%q has no command", text)
		}
		return []Place{{Way: Command, Slots: slots, Text: command}}, err
	case "local":
		p := Place{Way: Local}
		var err error
		if given {
			p.Slots, err = parseSlots(strings.TrimSuffix(rest, "*"))
		}
		return []Place{p}, err
	}
	return nil, fmt.Errorf("%q says no way: want ssh:HOST, slurm, cmd:COMMAND or local", text)
}

func parseHosts(list string) (places []Place, err error) {
	for _, text := range strings.Split(list, ",") {
		p := Place{Way: SSH}
		if p.Slots, p.Host, err = cutSlots(text); err != nil {
			return nil, err
		}
		if err := checkHost(p.Host); err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	return places, nil
}

// checkHost refuses what ssh would take for something else than a host.
func checkHost(host string) error {
	switch {
	case host == "":
		return fmt.Errorf("a host has no name")
	case host[0] == '-':
		return fmt.Errorf("%q is an option and no host", host)
	case strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return fmt.Errorf("%q is no host: it has blanks", host)
	}
	return nil
}

// cutSlots cuts a number of slots from the head of a text: N*, of which there need
// not be one.
func cutSlots(text string) (slots int, rest string, err error) {
	number, rest, ok := strings.Cut(text, "*")
	if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
		return 0, text, nil
	}
	slots, err = parseSlots(number)
	return slots, rest, err
}

// mostSlots bounds the slots of one place, as a slip of the finger is to be told.
const mostSlots = 1 << 20

func parseSlots(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostSlots || text[0] == '+' {
		return 0, fmt.Errorf("%q is no number of slots", text)
	}
	return n, nil
}

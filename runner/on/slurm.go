package on

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Agents returns the places of the agents that a Slurm place stands for: each is a job
// step of its own, of one task on one node, so that one that dies takes no other along,
// and the nodes that are free at once need not wait for the rest. Another place stands
// for itself.
//
// How many there are is what the options -N (--nodes) or -n (--ntasks) of srun say, of
// which it is the larger; without them it is one, or inside an allocation one for each
// of its nodes. getenv looks up the environment.
func (p Place) Agents(getenv func(name string) string) ([]Place, error) {
	if p.Way != Slurm {
		return []Place{p}, nil
	}
	words := strings.Fields(p.Text)
	n, rest, err := cutCounts(words)
	if err != nil {
		return nil, err
	}
	nodes, _ := strconv.Atoi(getenv("SLURM_JOB_NUM_NODES"))
	inside := getenv("SLURM_JOB_ID") != "" && nodes > 0
	placed := inside && (n == 0 || n <= nodes) && !choosesNodes(rest)
	switch {
	case n > 0:
	case placed:
		n = nodes
	default:
		n = 1
	}
	agents := make([]Place, n)
	for i := range agents {
		agents[i] = p
		agents[i].Number = i + 1
		options := append(append([]string(nil), rest...), "--nodes=1", "--ntasks=1")
		if placed {
			options = append(options, "--relative="+strconv.Itoa(i))
		}
		agents[i].Text = strings.Join(options, " ")
	}
	return agents, nil
}

// choosesNodes tells whether options of srun say on which nodes a step runs.
func choosesNodes(words []string) bool {
	for _, w := range words {
		switch name, _, _ := strings.Cut(w, "="); {
		case name == "--nodelist", name == "--relative":
			return true
		case len(w) >= 2 && w[0] == '-' && (w[1] == 'w' || w[1] == 'r'):
			return true
		}
	}
	return false
}

// cutCounts cuts the numbers of nodes and of tasks out of options of srun, and returns
// the larger one, or 0.
func cutCounts(words []string) (n int, rest []string, err error) {
	for i := 0; i < len(words); i++ {
		value, glued, ok := countOption(words[i])
		switch {
		case !ok:
			rest = append(rest, words[i])
			continue
		case !glued && i+1 == len(words):
			return 0, nil, fmt.Errorf("%s lacks its number", words[i])
		case !glued:
			i++
			value = words[i]
		}
		count, err := strconv.Atoi(value)
		if err != nil || count < 1 || count > mostSlots {
			return 0, nil, fmt.Errorf("srun %s: want one number of nodes or tasks", strings.Join(words, " "))
		}
		n = max(n, count)
	}
	for _, w := range rest {
		if w == "--pty" || w == "--multi-prog" {
			return 0, nil, errors.New("srun " + w + " leaves no stream to an agent")
		}
	}
	return n, rest, nil
}

// countOption tells whether a word is one of the options -N, --nodes, -n and --ntasks,
// and returns its value if that is glued to it.
func countOption(word string) (value string, glued, ok bool) {
	name, value, glued := strings.Cut(word, "=")
	if name == "--nodes" || name == "--ntasks" {
		return value, glued, true
	}
	if value, ok = strings.CutPrefix(word, "-N"); !ok {
		value, ok = strings.CutPrefix(word, "-n")
	}
	return value, value != "", ok
}

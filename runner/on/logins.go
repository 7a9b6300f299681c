package on

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseLogins reads what -S of GNU parallel takes: [N/]LOGIN, separated by commas. N
// is the number of CPUs there, and nothing before the slash means that it is to be
// found out. A login is a host, or the words of a program that stands in for ssh with
// the host behind them, or ":", which is this machine.
func ParseLogins(list string) (places []Place, err error) {
	for _, text := range splitCommas(list) {
		p, err := parseLogin(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	return places, nil
}

// splitCommas splits a list in which "\," stands for a comma.
func splitCommas(list string) (elements []string) {
	var b strings.Builder
	for i := 0; i < len(list); i++ {
		switch {
		case list[i] == '\\' && i+1 < len(list) && list[i+1] == ',':
			b.WriteByte(',')
			i++
		case list[i] == ',':
			elements = append(elements, b.String())
			b.Reset()
		default:
			b.WriteByte(list[i])
		}
	}
	return append(elements, b.String())
}

func parseLogin(text string) (p Place, err error) {
	if strings.HasPrefix(text, "@") {
		return p, fmt.Errorf("groups of hosts, as in %q, are not known", text)
	}
	number, rest, ok := strings.Cut(text, "/")
	switch {
	case ok && number == "":
		text = rest
	case ok && strings.Trim(number, "0123456789") == "":
		if p.Slots, err = parseSlots(number); err != nil {
			return p, err
		}
		text = rest
	}
	if text == ":" {
		p.Way = Local
		return p, nil
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		return p, errors.New("a login is empty")
	}
	last := len(words) - 1
	if last > 0 {
		p.Program = words[:last]
	}
	p.Host = words[last]
	return p, checkHost(p.Host)
}

// ReadLogins reads a file of such logins, one a line; empty lines, and those that
// begin with a '#', do not count.
func ReadLogins(r io.Reader) (places []Place, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		more, err := ParseLogins(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		places = append(places, more...)
	}
	return places, lines.Err()
}

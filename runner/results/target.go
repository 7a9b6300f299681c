package results

import "strings"

// A Format is what results are kept as.
type Format uint8

const (
	Separate Format = iota // files for each task: see Tree and Expanded
	CSV                    // a table with commas
	TSV                    // a table with tabs
	JSON                   // a line of JSON for each task
)

// ParseTarget returns what the value of --results asks for, and whether a table is to go
// to standard output instead of a file of that name. As in GNU parallel, an ending tells a
// table from the rest, in capitals too, and replacement strings in the name of a table
// stand for themselves.
func ParseTarget(value string) (format Format, stdout bool) {
	switch value {
	case "-.csv":
		return CSV, true
	case "-.tsv":
		return TSV, true
	case "-.json":
		return JSON, true
	}
	lower := strings.ToLower(value)
	switch {
	case strings.HasSuffix(lower, ".csv"):
		return CSV, false
	case strings.HasSuffix(lower, ".tsv"):
		return TSV, false
	case strings.HasSuffix(lower, ".json"):
		return JSON, false
	}
	return Separate, false
}

package progress

import (
	"io"
	"strings"

	"github.com/schollz/progressbar/v3"
)

// barFrame is what drawBar draws beside the bar itself, and the blank after it:
// " 100% |" and "| ".
const barFrame = 9

// drawBar returns a percentage and a bar of the given width in columns, or "" if
// that is too narrow. The total must be at least 1, and done not above it.
//
// The library draws, and that is all it does here. A bar that is made for each
// drawing has no past: no state of being finished that a growing total would
// have to undo, no lock, no clock and, its total being known, no goroutine. It
// is a matter of microseconds, a few times a second.
func drawBar(done, total int64, width int) string {
	if width < minBar {
		return ""
	}
	b := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(width),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionShowIts(), // makes each Set64 draw, not only a full percent
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "#", SaucerHead: ">", SaucerPadding: " ", BarStart: "|", BarEnd: "|",
		}),
	)
	if b.Set64(done) != nil {
		return ""
	}
	line := strings.TrimLeft(b.String(), "\r")
	end := strings.LastIndexByte(line, '|')
	return line[:end+1] // without the rate, which it cannot know
}

package stub

import (
	"strconv"
	"testing"

	"xpool/pool/peertest"
)

// BenchmarkTask runs short tasks whose requests are there when they are wanted,
// and which share a pair that leads nowhere.
func BenchmarkTask(b *testing.B) {
	square := codes{`print(int(arg)**2)`, `print $arg ** 2, "\n"`, `console.log(arg ** 2)`}
	for name, code := range map[string]codes{"empty": {`1`, `1`, `1`}, "square": square} {
		for _, l := range languages() {
			b.Run(name+"/"+l.name, func(b *testing.B) {
				peertest.Path(b, l.program)
				w := start(b, l, code.of(l), setting{})
				requests := AppendPair(nil, 0, "/dev/null", "/dev/null")
				for i := range b.N {
					requests = AppendTask(requests, Task{int64(i + 1), 1, 0, []string{strconv.Itoa(i)}})
				}
				sent := make(chan struct{})
				b.ResetTimer()
				go func() {
					defer close(sent)
					w.requests.Write(requests)
				}()
				for range b.N {
					if r, ok := ParseReply([]byte(w.line())); !ok || r.Status != 0 {
						b.Fatal("a task has failed")
					}
				}
				<-sent
			})
		}
	}
}

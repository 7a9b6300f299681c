// Package crashdetect says how a child process ended and why, and makes sure that nothing of it is left.
//
// It has five parts, which can be used apart:
//
//   - Classify turns what was seen of an ended attempt (End) into one Verdict with one sentence. It is a pure function.
//   - LookPath, Suggest and StartError say why a program could not be started.
//   - OOMWatch has the evidence for "out of memory"; RSS, TreeRSS and TreePSS tell what memory processes have.
//   - SignalTree, KillTree and the functions about adopted orphans reach the descendants of a child, those that called
//     setsid or lost their parent included.
//   - Guard is a small process that outlives a killed owner and ends what the owner left behind.
//
// The processes part is complete on Linux only. Elsewhere a child's process group is all that is reached, and what needs
// more returns an error that matches errors.ErrUnsupported, or says that it does not know.
//
// Nothing here keeps state between calls but in a Guard or an OOMWatch, starts a goroutine or waits for a process, but for
// EndFamily and Guard.Close, which are meant for the end of a run; so everything can be called from a single-threaded
// event loop.
package crashdetect

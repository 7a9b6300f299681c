// Package block cuts data into blocks of whole records and hands them to tasks: what GNU parallel's --pipe, --pipe-part,
// --cat, --fifo, --tee and --round-robin need.
//
//	             Splitter ── Block ──┬── Blob ── Open ── standard input of an attempt   --pipe
//	stream ──────┘                   ├── Blob (named) ── Path ── {}                     --pipe --cat
//	                                 ├── Fifo ── Path ── {}                             --pipe --fifo
//	                                 └── Dealer ── sinks that stay                      --round-robin
//	stream ───── Spill ── Blob ── Open, once a task                                     --tee
//	files ────── Parter ── Part ──┬── Feed ── standard input of an attempt              --pipe-part
//	                              └── Reader ── Blob or Fifo                            --pipe-part --cat, --fifo
//
// A border is the place between two records. Where it is, Options say; a block ends at a border, or where the input does.
// Which records share a block is as in GNU parallel, but where its manual does not ask for what it does:
//
//   - an empty record counts for Records; GNU parallel joins one that begins a block to the next;
//   - blocks of so many Records do not depend on the size of what is read at once, not even where any place is a border or a
//     regular expression can match more or less;
//   - a Parter cuts at the first border that a regular expression finds, not at the last one that was read;
//   - an input that does not begin with the header is cut as any other, and told.
//
// Not here: --block-timeout, --shard, --bin and --group-by, and --remove-rec-sep with --pipe-part, which GNU parallel
// ignores.
package block

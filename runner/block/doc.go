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
// Which records share a block is as in GNU parallel, with two exceptions that its manual does not ask for: an empty record
// counts for Records (GNU parallel joins one that begins a block to the next), and a block of Records does not depend on
// how large the blocks are that are read.
//
// Not here: --block-timeout, --shard, --bin and --group-by.
package block

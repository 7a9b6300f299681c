// Package results keeps what tasks print in files, as GNU parallel 20221122 does with
// --results and --files.
//
// The value of --results is one of these, see [ParseTarget]:
//
//	FILE.csv FILE.tsv FILE.json   a [Table] with a row for each task
//	-.csv -.tsv -.json            the same on standard output
//	a word with {}, {1}, ...      [Files] of the names that [Expanded] gives
//	any other                     a directory of [Files], with the names that [Tree] gives
//
// In each case the tasks print nothing on standard output and standard error any more.
// With --files a task prints the name of the file that [Temp] makes, which has its
// standard output and stays; its standard error GNU parallel throws away. With --results
// and --files it prints the name of the file that has its standard output there.
//
// # Files
//
// Each task has three: its standard output, which it can be followed in while the task
// runs; its standard error; and its number, which is written when the task is over.
// So a file with a number says that the others are whole, and [Place.Finished] looks for
// it. (GNU parallel writes the number first, and with --resume skips a task that has
// a file for standard output, even if it was killed in the middle.) An attempt begins with
// empty files. Nothing is synced to the disk.
//
// Files are not shared: one that is there is replaced, not written over, so that two tasks
// of the same name do not write into each other's. Those of the task that began last
// stay. (With GNU parallel they mix.) What is no regular file, such as a pipe or a link,
// is written to.
//
// # Names
//
// No argument leads out of the directory that the user named: see [Tree] and [Expanded].
// GNU parallel creates files in the parents of the directory for an argument "..".
package results

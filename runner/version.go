package runner

// version is the version of this source; a release says so itself.
//
// It is a constant, as nothing may change it while xpool runs. That keeps the linker's
// -X from setting it, and what Go writes into a binary has a version only where a
// repository has a tag for it; so scripts/release, which may be given another version,
// has a file with that one compiled in the place of this one. It stands alone here, and
// the script reads it from the line below.
const version = "0.1.0-dev"

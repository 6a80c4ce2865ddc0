package chain

import "fmt"

// Kind is how an entry is wrong.
type Kind string

// The kinds of break.
const (
	// Changed: the entry says something else than when it was written.
	Changed Kind = "changed"
	// Removed: the entry is missing, and there are later ones.
	Removed Kind = "removed"
	// Inserted: the entry was put in.
	Inserted Kind = "inserted"
	// Reordered: the entry is there, but not in its place.
	Reordered Kind = "reordered"
	// Truncated: the entry and all after it are missing.
	Truncated Kind = "truncated"
	// Forked: from the entry on, the chain is another one than was signed.
	Forked Kind = "forked"
	// Unsigned: a head was not signed by a key that is trusted, is not what was signed, or is
	// missing.
	Unsigned Kind = "unsigned"
)

// Break is where a chain is broken.
type Break struct {
	// Seq is the number of the first entry that is wrong.
	Seq    int64  `json:"seq"`
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
}

func broken(seq int64, kind Kind, format string, args ...any) *Break {
	return &Break{Seq: seq, Kind: kind, Reason: fmt.Sprintf(format, args...)}
}

// Report is what a check found.
type Report struct {
	// From is the number of the first entry that was read.
	From int64 `json:"from"`
	// Entries is how many were read, and Heads how many signed heads agreed.
	Entries int64 `json:"entries"`
	Heads   int64 `json:"heads"`
	// Last is the number of the last entry that was as it should be, and Head its hash.
	Last int64  `json:"last"`
	Head string `json:"head"`
	// Broken is the first entry that is not as it was written, nil if none.
	Broken *Break `json:"broken,omitempty"`
}

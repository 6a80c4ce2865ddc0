// Package archive reads, checks and writes the files of one module as a
// gzipped tar, and tells their digest.
//
// It owns the bounds and the safety of such archives and their normal form:
// the same files always give the same bytes. It knows neither Terraform nor
// where an archive is kept, so the client may link it too.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of an archive.
const (
	// MaxPacked is the largest size of the gzipped tar, in bytes.
	MaxPacked = 16 << 20
	// MaxUnpacked is the largest size of all its files together, in bytes.
	MaxUnpacked = 64 << 20
	// MaxEntries is the largest number of entries, folders included.
	MaxEntries = 2000
	// MaxPath is the longest path of an entry, in bytes.
	MaxPath = 240
)

// Files are the regular files of a module: slash-separated path to content.
type Files map[string][]byte

// Paths returns the paths in byte order.
func (f Files) Paths() []string { return slices.Sorted(maps.Keys(f)) }

// Digest returns the digest of the sorted paths and contents. It does not
// depend on times, modes, owners, order or compression.
func (f Files) Digest() kernel.Digest {
	h := sha256.New()
	for _, path := range f.Paths() {
		sum := sha256.Sum256(f[path])
		_, _ = fmt.Fprintf(h, "%s  %q\n", hex.EncodeToString(sum[:]), path) // a hash never fails to write
	}
	return kernel.Digest("sha256:" + hex.EncodeToString(h.Sum(nil)))
}

// Left reports whether a path never belongs into an archive: working files of
// terraform and of version control, and states, which can hold secrets.
func Left(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == ".terraform" || part == ".git" {
			return true
		}
	}
	return strings.HasSuffix(path, ".tfstate") || strings.HasSuffix(path, ".tfstate.backup")
}

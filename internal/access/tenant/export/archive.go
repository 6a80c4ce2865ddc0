package export

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Format names what the archive is, and Version the layout that its manifest describes.
const (
	Format  = "terrace-tenant-export"
	Version = 1
)

// ManifestFile is the last file of an archive.
const ManifestFile = "manifest.json"

// File is one file of an archive.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	// SHA256 is of what is in the archive, for a sealed file of its encrypted content.
	SHA256 string `json:"sha256"`
	// Sealed says that it is encrypted with age.
	Sealed bool `json:"sealed,omitempty"`
}

// Manifest says what is in an archive, and what is not.
type Manifest struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	Tenant     string    `json:"tenant"`
	CreatedAt  time.Time `json:"createdAt"`
	Recipients []string  `json:"recipients"`
	Files      []File    `json:"files"`
	// Omitted tells what was left out, and why.
	Omitted []string `json:"omitted,omitempty"`
}

// Archive is one that is being written.
type Archive struct {
	zip        *zip.Writer
	recipients []age.Recipient
	wanted     Wanted
	manifest   Manifest
	names      map[string]bool
}

// Takes reports whether a kind of thing that needs a recipient is to be in it. Where it is
// not, it is noted why.
func (a *Archive) Takes(kind string) bool {
	switch {
	case slices.Contains(a.wanted.Without, kind):
		a.Omit(kind + ": they were not wanted")
	case !a.Seals():
		a.Omit(kind + ": there was no recipient to encrypt them for")
	default:
		return true
	}
	return false
}

// Seals reports whether there is somebody to encrypt for.
func (a *Archive) Seals() bool { return len(a.recipients) > 0 }

// Omit notes what is left out, and why.
func (a *Archive) Omit(what string) { a.manifest.Omitted = append(a.manifest.Omitted, what) }

// Add adds a file with what fill writes. The one before has ended. Where the archive is
// encrypted whole, it is as AddSealed.
func (a *Archive) Add(name string, fill func(w io.Writer) error) error {
	if a.wanted.Whole {
		return a.AddSealed(name, fill)
	}
	return a.add(name, false, fill)
}

// AddSealed adds a file that only the recipients can read; its name gets the ending .age.
// There has to be one, see Seals.
func (a *Archive) AddSealed(name string, fill func(w io.Writer) error) error {
	return a.add(name+".age", true, func(to io.Writer) error {
		w, err := age.Encrypt(to, a.recipients...)
		if err != nil {
			return fmt.Errorf("encrypt %s: %w", name, err)
		}
		if err := fill(w); err != nil {
			return err
		}
		return w.Close()
	})
}

// addManifest adds the last file, which everybody can read.
func (a *Archive) addManifest(m Manifest) error {
	return a.add(ManifestFile, false, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
}

func (a *Archive) add(name string, sealed bool, fill func(w io.Writer) error) error {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") || path.Clean(name) != name || a.names[name] {
		return kernel.Errorf(kernel.Internal, "the name %q is not possible in an archive, or is taken", name)
	}
	method := zip.Deflate
	if sealed {
		method = zip.Store // nothing makes it smaller
	}
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: a.manifest.CreatedAt})
	if err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	c := &counted{to: w, hash: sha256.New()}
	if err := fill(c); err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	a.names[name] = true
	a.manifest.Files = append(a.manifest.Files, File{Name: name, Size: c.size, SHA256: hex.EncodeToString(c.hash.Sum(nil)), Sealed: sealed})
	return nil
}

// counted counts what is written, and hashes it.
type counted struct {
	to   io.Writer
	hash hash.Hash
	size int64
}

// Write implements io.Writer.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.size += int64(n)
	_, _ = c.hash.Write(p[:n]) // never fails
	return n, err
}

package release

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of an artifact's content.
const (
	MaxUnpacked = 1 << 30
	MaxEntries  = 10_000
	// MaxPath is the longest path of an entry, or of what a link leads to, in bytes: a folder
	// on a disk takes little more.
	MaxPath = 1024
)

// checkArchive reads a gzip-compressed tar archive to its end and refuses what
// could write outside the folder it is unpacked to, or fill the disk. It ends with ctx.
func checkArchive(ctx context.Context, r io.Reader) error {
	c := contents{files: map[string]bool{}, dirs: map[string]bool{}, links: map[string]string{}}
	err := c.read(reader{ctx.Err, r})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (c *contents) read(r io.Reader) error {
	packed, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return unreadable(err)
	}
	limited := &io.LimitedReader{R: packed, N: MaxUnpacked + MaxEntries*1024}
	err = c.readEntries(tar.NewReader(limited))
	if limited.N <= 0 { // it was cut off, and what was read is not all
		return tooMuch("unpacks to more than 1 GiB")
	}
	return err
}

func (c *contents) readEntries(archive *tar.Reader) error {
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadable(err)
		}
		if err := c.add(h); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, archive); err != nil {
			return unreadable(err)
		}
	}
	if len(c.files)+len(c.links) == 0 {
		return kernel.Errorf(kernel.Invalid, "the artifact is empty").WithFix("pack the program and its files")
	}
	return c.checkLinks()
}

func unreadable(err error) error {
	e := kernel.Errorf(kernel.Invalid, "the artifact is not a gzip-compressed tar archive that can be read")
	e.Err = err
	return e.WithFix("pack it with: tar -czf artifact.tar.gz -C FOLDER .")
}

func tooMuch(what string) error {
	return kernel.Errorf(kernel.TooLarge, "the artifact %s", what).WithFix("leave out what the program does not need to run")
}

func unsafe(name, why string) error {
	if len(name) > MaxPath {
		name = name[:40] + "…"
	}
	return kernel.Errorf(kernel.Invalid, "the artifact's entry %q %s", name, why).WithFix("leave it out of the archive")
}

// contents is what an archive has had so far.
type contents struct {
	// files are regular files, dirs folders; links are symbolic links with their targets.
	files, dirs map[string]bool
	links       map[string]string
	bytes       int64
	entries     int
}

// reader ends when ended has an error.
type reader struct {
	ended func() error
	from  io.Reader
}

// Read implements io.Reader.
func (r reader) Read(p []byte) (int, error) {
	if err := r.ended(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}

func (c *contents) add(h *tar.Header) error {
	if c.entries++; c.entries > MaxEntries {
		return tooMuch("has more than 10000 entries")
	}
	// A sparse file says a size that nothing in the archive has to be behind.
	if h.Size > MaxUnpacked-c.bytes {
		return tooMuch("unpacks to more than 1 GiB")
	}
	c.bytes += h.Size
	if why := unsafePath(h.Name); why != "" {
		return unsafe(h.Name, why)
	}
	name := path.Clean(h.Name)
	if _, link := c.links[name]; link || c.files[name] || (c.dirs[name] && h.Typeflag != tar.TypeDir) {
		return unsafe(h.Name, "is there twice")
	}
	switch h.Typeflag {
	case tar.TypeDir:
		c.dirs[name] = true
	case tar.TypeReg:
		c.files[name] = true
	case tar.TypeSymlink:
		c.links[name] = strings.Clone(h.Linkname[:min(len(h.Linkname), MaxPath+1)])
	case tar.TypeLink:
		if target := path.Clean(h.Linkname); unsafePath(h.Linkname) != "" || !c.files[target] {
			return unsafe(h.Name, "is a hard link to something that is not a file before it")
		}
		c.files[name] = true
	default:
		return unsafe(h.Name, "is neither a file, a folder nor a link")
	}
	return nil
}

// unsafePath says what is wrong with a path in an archive, "" when nothing is.
func unsafePath(name string) string {
	switch {
	case len(name) > MaxPath:
		return fmt.Sprintf("has a path of more than %d bytes", MaxPath)
	case name == "" || strings.ContainsAny(name, "\\") || strings.ContainsFunc(name, unicode.IsControl):
		return "has no usable path"
	case strings.HasPrefix(name, "/"):
		return "has an absolute path"
	case slices.Contains(strings.Split(name, "/"), ".."):
		return "has a path with .."
	}
	return ""
}

// checkLinks refuses links that lead out, and whatever lies behind a link, for
// it would be written through it.
func (c *contents) checkLinks() error {
	for name, target := range c.links {
		if why := c.escapes(name, target); why != "" {
			return unsafe(name, why)
		}
	}
	for _, names := range []iter.Seq[string]{maps.Keys(c.files), maps.Keys(c.dirs), maps.Keys(c.links)} {
		for name := range names {
			if c.behindLink(name) {
				return unsafe(name, "lies behind a link")
			}
		}
	}
	return nil
}

func (c *contents) behindLink(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := c.links[dir]; ok {
			return true
		}
	}
	return false
}

// escapes follows a link's target step by step; .. after another link could
// lead anywhere.
func (c *contents) escapes(name, target string) string {
	if target == "" || path.IsAbs(target) || strings.ContainsAny(target, "\x00\\") {
		return "is a link to an absolute path"
	}
	if len(target) > MaxPath {
		return fmt.Sprintf("is a link to a path of more than %d bytes", MaxPath)
	}
	at, throughLink := path.Dir(name), false
	for _, step := range strings.Split(target, "/") {
		switch step {
		case "", ".":
			continue
		case "..":
			if at == "." || throughLink {
				return "is a link that leads out of the archive"
			}
			at = path.Dir(at)
		default:
			at = path.Join(at, step)
		}
		if _, ok := c.links[at]; ok {
			throughLink = true
		}
	}
	return ""
}

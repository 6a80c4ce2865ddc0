package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Read unpacks a gzipped tar in memory. What is over a bound is TooLarge; an
// archive that is damaged or unsafe is Invalid, with a Problem for each entry
// that is a link or special file, has an absolute path, leaves the archive or
// comes twice, with other capital letters too: some disks make one file of both.
func Read(r io.Reader) (Files, error) {
	packed, err := io.ReadAll(io.LimitReader(r, MaxPacked+1))
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	if len(packed) > MaxPacked {
		return nil, kernel.Errorf(kernel.TooLarge, "the archive is larger than %d MiB", MaxPacked>>20).
			WithFix("leave out what is not part of the module")
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, damaged(err)
	}
	// The files are bounded one by one; this bounds what lies between them and is only skipped.
	limited := &io.LimitedReader{R: unzipped, N: MaxUnpacked + MaxEntries*8<<10}
	files, err := readTar(tar.NewReader(limited))
	if limited.N <= 0 { // it was cut off, and what was read is not all
		return nil, kernel.Errorf(kernel.TooLarge, "the archive unpacks to more than %d MiB", MaxUnpacked>>20).
			WithFix("leave out what is not part of the module")
	}
	return files, err
}

type reader struct {
	files Files
	// folded are the paths in small letters.
	folded   map[string]string
	problems []kernel.Problem
	entries  int
	size     int64
}

func readTar(r *tar.Reader) (Files, error) {
	in := reader{files: Files{}, folded: map[string]string{}}
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) { // in.add judges the paths
			return nil, damaged(err)
		}
		if err := in.add(header, r); err != nil {
			return nil, err
		}
	}
	if len(in.problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the archive is not safe to unpack").WithProblems(in.problems...)
	}
	return in.files, nil
}

// add takes one entry. It returns what must end the reading, and notes what is
// wrong with the entry alone.
func (in *reader) add(h *tar.Header, content io.Reader) error {
	if in.entries++; in.entries > MaxEntries {
		return kernel.Errorf(kernel.TooLarge, "the archive has more than %d entries", MaxEntries).
			WithFix("leave out what is not part of the module")
	}
	switch h.Typeflag {
	case tar.TypeReg:
	case tar.TypeDir:
		in.check(h.Name)
		return nil
	case tar.TypeXGlobalHeader:
		return nil
	default:
		in.note(h.Name, "is a link or a special file", "put a regular file in its place")
		return nil
	}
	if name, ok := in.check(h.Name); ok {
		return in.keep(name, content)
	}
	return nil
}

func (in *reader) keep(name string, content io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(content, MaxUnpacked-in.size+1))
	if err != nil {
		return damaged(err)
	}
	if in.size += int64(len(b)); in.size > MaxUnpacked {
		return kernel.Errorf(kernel.TooLarge, "the archive unpacks to more than %d MiB", MaxUnpacked>>20).
			WithFix("leave out what is not part of the module")
	}
	if _, twice := in.files[name]; twice {
		in.note(name, "is in the archive twice", "keep one of the two")
		return nil
	}
	if other, twice := in.folded[strings.ToLower(name)]; twice {
		in.note(name, "differs from "+other+" by capital letters alone, and takes its place on some disks", "rename one of the two")
		return nil
	}
	in.folded[strings.ToLower(name)] = name
	in.files[name] = b
	return nil
}

// check returns the clean path of an entry, or notes why it is not allowed.
func (in *reader) check(name string) (string, bool) {
	clean := path.Clean(strings.TrimSuffix(name, "/"))
	switch {
	case len(name) > MaxPath:
		in.note(fmt.Sprintf("%q…", name[:40]), fmt.Sprintf("has a path of more than %d bytes", MaxPath), "shorten the path")
	case !utf8.ValidString(name) || strings.ContainsRune(name, '\\') || strings.ContainsFunc(name, unicode.IsControl):
		in.note(fmt.Sprintf("%q", name), "has a path with a character that is not portable", "rename the file")
	case path.IsAbs(name):
		in.note(name, "has an absolute path", "pack the module from inside its folder")
	case !fs.ValidPath(clean) || hasDotDot(name):
		in.note(name, "has a path that leaves the archive", "pack the module from inside its folder")
	case Left(clean):
		in.note(name, "is a working file or a state, which can hold secrets", "leave it out")
	default:
		return clean, true
	}
	return "", false
}

func hasDotDot(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

func (in *reader) note(file, message, fix string) {
	in.problems = append(in.problems, kernel.Problem{File: file, Message: message, Fix: fix})
}

func damaged(err error) error {
	return kernel.Errorf(kernel.Invalid, "the archive cannot be read: %w", err).WithFix("send a gzipped tar of the module's folder")
}

package policy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxPacked bounds a folder that is sent, in bytes.
const MaxPacked = 8 << 20

// Pack writes the policies and the data of a folder, without its tests, as a gzipped tar.
func (f Folder) Pack() ([]byte, error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	for _, file := range slices.Concat(f.Modules, f.Data) {
		err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: file.Path, Mode: 0o644, Size: int64(len(file.Content))})
		if err == nil {
			_, err = w.Write(file.Content)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", file.Name, err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, fmt.Errorf("pack %s: %w", f.Name, err)
	}
	if packed.Len() > MaxPacked {
		return nil, kernel.Errorf(kernel.TooLarge, "%s has more than %d MiB, packed", f.Name, MaxPacked>>20).WithFix("name a folder that holds policies alone")
	}
	return packed.Bytes(), nil
}

// Unpack reads what Pack wrote, within the bounds of a folder. Errors call its files
// prefix/path.
func Unpack(name string, packed io.Reader, prefix string) (Folder, error) {
	r := reader{folder: Folder{Name: name}, prefix: prefix}
	z, err := gzip.NewReader(io.LimitReader(packed, MaxPacked+1))
	if err != nil {
		return Folder{}, notPacked(err)
	}
	limited := &io.LimitedReader{R: z, N: MaxBytes + MaxFiles*2<<10}
	for t := tar.NewReader(limited); ; {
		h, err := t.Next()
		if limited.N <= 0 { // it was cut off, and what was read is not all
			return Folder{}, kernel.Errorf(kernel.TooLarge, "%s has more than %d files or %d MiB", prefix, MaxFiles, MaxBytes>>20)
		}
		if errors.Is(err, io.EOF) {
			return r.folder, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) { // take judges the path
			return Folder{}, notPacked(err)
		}
		if err := r.take(h, t); err != nil {
			return Folder{}, err
		}
	}
}

func notPacked(err error) error {
	return kernel.Errorf(kernel.Invalid, "the policies are no gzipped tar: %w", err).WithFix("send a folder with terrace policy impact")
}

// take reads one entry of a tar.
func (r *reader) take(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	list := r.list(h.Name)
	if h.Typeflag != tar.TypeReg || !fs.ValidPath(h.Name) || strings.Contains(h.Name, `\`) || strings.ContainsFunc(h.Name, unicode.IsControl) || list == nil {
		return kernel.Errorf(kernel.Invalid, "%q is no file of policies", h.Name).WithFix("send files *.rego, and their data in JSON or YAML, without links")
	}
	name := path.Join(r.prefix, h.Name) //nolint:gosec // it is a name in errors, and nothing is written
	if slices.ContainsFunc(*list, func(f File) bool { return f.Path == h.Name }) {
		return kernel.Errorf(kernel.Invalid, "%s is in the archive twice", name).WithFix("keep one of the two")
	}
	r.files++
	b, err := io.ReadAll(io.LimitReader(content, MaxFile+1))
	if err != nil {
		return notPacked(err)
	}
	if r.bytes += len(b); len(b) > MaxFile || r.files > MaxFiles || r.bytes > MaxBytes {
		return kernel.Errorf(kernel.TooLarge, "%s is larger than %d MiB, or the folder has more than %d files or %d MiB", name, MaxFile>>20, MaxFiles, MaxBytes>>20)
	}
	*list = append(*list, File{Path: h.Name, Name: name, Content: b})
	return nil
}

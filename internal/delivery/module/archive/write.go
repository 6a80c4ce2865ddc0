package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"path"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// FromFS takes the files of a folder, without those that Left names. Links and
// special files are Invalid, too many or too large ones TooLarge.
func FromFS(fsys fs.FS) (Files, error) {
	files, size := Files{}, 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && Left(name):
			return skip(d)
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return kernel.Errorf(kernel.Invalid, "%s is a link or a special file", name).WithFix("put a regular file in its place")
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		files[path.Clean(name)] = b
		if size += len(b); size > MaxUnpacked || len(files) > MaxEntries {
			return kernel.Errorf(kernel.TooLarge, "the folder has more than %d files or %d MiB", MaxEntries, MaxUnpacked>>20)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the module's folder: %w", err)
	}
	return files, nil
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// Pack returns the files as a gzipped tar in its normal form: paths sorted, no
// owners, no times, mode 0644.
func (f Files) Pack() ([]byte, error) {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("pack module: %w", err)
	}
	w := tar.NewWriter(zip)
	for _, name := range f.Paths() {
		if err := writeFile(w, name, f[name]); err != nil {
			return nil, fmt.Errorf("pack module: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack module: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("pack module: %w", err)
	}
	return out.Bytes(), nil
}

func writeFile(w *tar.Writer, name string, content []byte) error {
	h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

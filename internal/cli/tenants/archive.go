package tenants

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// manifest is what an archive says of itself.
type manifest struct {
	Files []struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
		Sealed bool   `json:"sealed"`
	} `json:"files"`
	Omitted []string `json:"omitted"`
}

// mostManifest bounds a manifest, in bytes.
const mostManifest = 256 << 20

// check reads an archive to its end: it is whole where each file is as its manifest says. It
// ends with ctx.
func check(ctx context.Context, f *os.File) (x exported, err error) {
	info, err := f.Stat()
	if err != nil {
		return x, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return x, cutOff()
	}
	x = exported{Size: info.Size(), Omitted: []string{}}
	there := map[string]*zip.File{}
	left := uint64(info.Size())
	for _, one := range z.File {
		if one.CompressedSize64 > left { // a file that is there once would be read for each of its names
			return x, kernel.Errorf(kernel.Unavailable, "the archive has files that lie over each other: no Terrace writes that").WithFix("see what answers at the server's address")
		}
		left -= one.CompressedSize64
		there[one.Name] = one
	}
	var m manifest
	if err := readManifest(there["manifest.json"], &m); err != nil || len(m.Files)+1 != len(z.File) {
		return x, cutOff()
	}
	for _, one := range m.Files {
		sum, err := sumOf(ctx, there[one.Name])
		if ctx.Err() != nil {
			return x, context.Cause(ctx)
		}
		if err != nil || sum != one.SHA256 {
			return x, kernel.Errorf(kernel.Unavailable, "%q in the archive is not what its manifest says", one.Name).WithFix("try again")
		}
		x.Files++
		if one.Sealed {
			x.Sealed++
		}
	}
	x.Omitted = append(x.Omitted, m.Omitted...)
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, info.Size())); err != nil {
		return x, err
	}
	x.SHA256 = hex.EncodeToString(h.Sum(nil))
	return x, nil
}

func cutOff() error {
	return kernel.Errorf(kernel.Unavailable, "the archive is not whole: it was cut off").
		WithFix("try again; the server's log says why where it was the server")
}

func readManifest(f *zip.File, m *manifest) error {
	if f == nil {
		return io.ErrUnexpectedEOF
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	return json.NewDecoder(io.LimitReader(r, mostManifest)).Decode(m)
}

// until ends when ended has an error.
type until struct {
	ended func() error
	from  io.Reader
}

// Read implements io.Reader.
func (u until) Read(p []byte) (int, error) {
	if err := u.ended(); err != nil {
		return 0, err
	}
	return u.from.Read(p)
}

func sumOf(ctx context.Context, f *zip.File) (string, error) {
	if f == nil {
		return "", io.ErrUnexpectedEOF
	}
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, until{ctx.Err, r})
	return hex.EncodeToString(h.Sum(nil)), err
}

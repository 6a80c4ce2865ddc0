package tenants

import (
	"archive/zip"
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

// check reads an archive to its end: it is whole where each file is as its manifest says.
func check(f *os.File) (x exported, err error) {
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
	for _, one := range z.File {
		there[one.Name] = one
	}
	var m manifest
	if err := readManifest(there["manifest.json"], &m); err != nil || len(m.Files)+1 != len(z.File) {
		return x, cutOff()
	}
	for _, one := range m.Files {
		sum, err := sumOf(there[one.Name])
		if err != nil || sum != one.SHA256 {
			return x, kernel.Errorf(kernel.Unavailable, "%s in the archive is not what its manifest says", one.Name).WithFix("try again")
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

func sumOf(f *zip.File) (string, error) {
	if f == nil {
		return "", io.ErrUnexpectedEOF
	}
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, r) //nolint:gosec // nothing of it is kept, and the server's archive is the caller's own
	return hex.EncodeToString(h.Sum(nil)), err
}

package pki

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The files that an installation had its authorities in, before they were in the database.
const (
	keyFile       = "root-key.pem"
	signerFile    = "workloads-key.pem"
	workloadsFile = "workloads.pem"
	// maxFile bounds each of them, in bytes.
	maxFile = 1 << 20
)

// files are what such an installation has in its folder.
type files struct {
	root, workloads keyed
	trusted         []*x509.Certificate
	present         []string
}

// readFiles reads a folder; one without such files is fine.
func readFiles(folder string) (f files, err error) {
	if folder == "" {
		return f, nil
	}
	read := func(name string) (certs []*x509.Certificate, key *ecdsa.PrivateKey) {
		if err != nil {
			return nil, nil
		}
		path := filepath.Join(folder, name)
		raw, failed := readBounded(path)
		if errors.Is(failed, fs.ErrNotExist) {
			return nil, nil
		}
		f.present = append(f.present, path)
		if err = failed; err == nil {
			certs, key, err = parseFile(path, raw)
		}
		return certs, key
	}
	pair := func(name string) keyed {
		certs, key := read(name)
		switch {
		case err != nil || certs == nil && key == nil:
			return keyed{}
		case key == nil || len(certs) != 1 || !key.PublicKey.Equal(certs[0].PublicKey):
			err = kernel.Errorf(kernel.Invalid, "%s does not hold a certificate with its key", filepath.Join(folder, name)).
				WithFix("restore the file, or move it away: another authority is made at the next start")
		}
		return keyed{certs[0], key}
	}
	f.root, f.workloads = pair(keyFile), pair(signerFile)
	f.trusted, _ = read(workloadsFile)
	return f, err
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read an authority: %w", err)
	}
	if info.Size() > maxFile {
		return nil, kernel.Errorf(kernel.Invalid, "%s is larger than authorities are", path).WithFix("restore the file")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read an authority: %w", err)
	}
	return raw, nil
}

// parseFile reads certificates of authorities, and the key among them.
func parseFile(path string, raw []byte) (certs []*x509.Certificate, key *ecdsa.PrivateKey, err error) {
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		var cert *x509.Certificate
		switch block.Type {
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "CERTIFICATE":
			cert, err = x509.ParseCertificate(block.Bytes)
			certs = append(certs, cert)
		}
		if err != nil || cert != nil && !cert.IsCA {
			return nil, nil, kernel.Errorf(kernel.Invalid, "%s has something else than certificates of authorities", path).WithFix("restore the file, or move it away")
		}
	}
	if len(certs) == 0 {
		return nil, nil, kernel.Errorf(kernel.Invalid, "%s does not hold a certificate", path).
			WithFix("restore the file, or move it away: another authority is made at the next start")
	}
	return certs, key, nil
}

// forget removes files whose keys the database has, sealed. Those of another authority stay.
func (f files) forget(ctx context.Context, s *Service) error {
	all, err := s.Authorities.All(ctx)
	if err != nil {
		return err
	}
	for _, own := range []keyed{f.root, f.workloads} {
		if own.cert != nil && !slices.ContainsFunc(all, func(c CA) bool { return c.Cert != nil && c.Cert.Equal(own.cert) }) {
			s.Log.WarnContext(ctx, "a file has the key of an authority that this installation does not use; it is left as it is", "folder", s.Folder, "name", own.cert.Subject.String())
			return nil
		}
	}
	for _, path := range f.present {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the key of an authority that the database has: %w", err)
		}
		s.Log.InfoContext(ctx, "the database has an authority that was in a file", "file", path)
	}
	return nil
}

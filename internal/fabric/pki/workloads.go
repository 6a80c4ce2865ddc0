package pki

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// workloadsFile has the certificates of all authorities of workloads that are trusted,
	// the one that signs first. Who only judges certificates needs no other file.
	workloadsFile = "workloads.pem"
	// maxWorkloads bounds that file, in bytes.
	maxWorkloads = 1 << 20
)

// Workload is whose a certificate of the authority of workloads is.
type Workload struct {
	Scope kernel.Scope
	Name  string
}

// URI returns the SPIFFE ID of a workload in a trust domain.
func (w Workload) URI(domain string) *url.URL {
	path := "/tenant/" + w.Scope.Tenant + "/project/" + w.Scope.Project + "/stage/" + w.Scope.Stage + "/workload/" + w.Name
	return &url.URL{Scheme: "spiffe", Host: domain, Path: path}
}

// check refuses what is no name of a workload.
func (w Workload) check() error {
	for _, part := range [][2]string{{"tenant", w.Scope.Tenant}, {"project", w.Scope.Project}, {"stage", w.Scope.Stage}, {"workload", w.Name}} {
		if !validName(part[1]) || strings.Contains(part[1], ".") {
			return kernel.Errorf(kernel.Invalid, "%q is no name of a %s", part[1], part[0]).WithFix("give the name in lower-case letters, digits and hyphens")
		}
	}
	return nil
}

// Workloads is the authority that says which workload a client is, as those see it who
// judge certificates. It is apart from the one whose certificates the gateway serves
// with, so that its roots are trusted for clients alone.
type Workloads struct {
	path, domain string
	clock        kernel.Clock
	held         atomic.Pointer[trusted]
}

// trusted are the roots at one time; they are never changed.
type trusted struct {
	sum   [sha256.Size]byte
	roots *x509.CertPool
}

// OpenWorkloads reads who is trusted from the folder of an Authority: nobody while no
// certificate has been issued. The trust domain is the zone.
func OpenWorkloads(dir, zone string, clock kernel.Clock) (*Workloads, error) {
	w := &Workloads{path: filepath.Join(dir, workloadsFile), domain: zone, clock: clock}
	w.held.Store(&trusted{sum: sha256.Sum256(nil), roots: x509.NewCertPool()})
	return w, w.Look()
}

// Roots returns who may have signed a certificate. It is another pool once that has changed.
func (w *Workloads) Roots() *x509.CertPool { return w.held.Load().roots }

// Look reads again who is trusted. What cannot be read leaves them as they are.
func (w *Workloads) Look() error {
	raw, err := readBounded(w.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	sum := sha256.Sum256(raw)
	if w.held.Load().sum == sum {
		return nil
	}
	certs, err := certificatesOf(w.path, raw)
	if err != nil {
		return err
	}
	t := &trusted{sum: sum, roots: x509.NewCertPool()}
	for _, cert := range certs {
		t.roots.AddCert(cert)
	}
	w.held.Store(t)
	return nil
}

// Whose returns which workload a certificate says that it is; whether it was signed by
// whom one trusts is not looked at.
func (w *Workloads) Whose(leaf *x509.Certificate) (scope kernel.Scope, name string, ok bool) {
	if len(leaf.URIs) != 1 {
		return scope, "", false
	}
	u := leaf.URIs[0]
	parts := strings.Split(u.Path, "/")
	if len(parts) != 9 || parts[1] != "tenant" || parts[3] != "project" || parts[5] != "stage" || parts[7] != "workload" {
		return scope, "", false
	}
	of := Workload{kernel.Scope{Tenant: parts[2], Project: parts[4], Stage: parts[6]}, parts[8]}
	if of.check() != nil || of.URI(w.domain).String() != u.String() {
		return scope, "", false
	}
	return of.Scope, of.Name, true
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the authorities of workloads: %w", err)
	}
	if info.Size() > maxWorkloads {
		return nil, kernel.Errorf(kernel.Invalid, "%s is larger than authorities of workloads are", path).WithFix("restore the file")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the authorities of workloads: %w", err)
	}
	return raw, nil
}

func certificatesOf(path string, raw []byte) (certs []*x509.Certificate, err error) {
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil || !cert.IsCA {
			return nil, kernel.Errorf(kernel.Invalid, "%s has something else than certificates of authorities", path).WithFix("restore the file")
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

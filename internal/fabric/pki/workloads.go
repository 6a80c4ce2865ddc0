package pki

import (
	"context"
	"crypto/x509"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// lookEvery is how often at most it is looked whether another key signs for workloads,
	// however many certificates of none that is known are shown.
	lookEvery = 100 * time.Millisecond
	// lookPatience bounds such a look.
	lookPatience = 5 * time.Second
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
	authority *Authority
	domain    string
	load      func(ctx context.Context) error

	looking sync.Mutex
	looked  time.Time
	err     error
}

// Workloads returns who judges certificates of workloads of the authority. The trust domain is
// the zone.
func (a *Authority) Workloads() *Workloads {
	return &Workloads{authority: a, domain: a.options.Zones[0], load: func(context.Context) error { return nil }}
}

// Roots returns who may have signed a certificate. It is another pool once that, or what was
// revoked, has changed.
func (w *Workloads) Roots() *x509.CertPool { return w.authority.view.Load().trust.roots }

// Domain returns the trust domain, such as localhost.
func (w *Workloads) Domain() string { return w.domain }

// Authorities returns the certificates of Roots: the bundle of the trust domain. They are not
// to be changed.
func (w *Workloads) Authorities() []*x509.Certificate { return w.authority.view.Load().trust.certs }

// Look reads again who is trusted. What cannot be read leaves them as they are. Callers share
// a look that began after they came.
func (w *Workloads) Look() error {
	came := time.Now()
	w.looking.Lock()
	defer w.looking.Unlock()
	if w.looked.After(came) {
		return w.err
	}
	if wait := lookEvery - time.Since(w.looked); wait > 0 {
		time.Sleep(wait)
	}
	w.looked = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), lookPatience)
	defer cancel()
	w.err = w.load(ctx)
	return w.err
}

// Whose returns which workload a certificate says that it is, unless it was revoked; whether
// it was signed by whom one trusts is not looked at.
func (w *Workloads) Whose(leaf *x509.Certificate) (scope kernel.Scope, name string, ok bool) {
	if len(leaf.URIs) != 1 {
		return scope, "", false
	}
	of, ok := w.parse(leaf.URIs[0])
	if !ok || w.authority.view.Load().trust.has(leaf) {
		return scope, "", false
	}
	return of.Scope, of.Name, true
}

// parse reads a SPIFFE ID of the trust domain.
func (w *Workloads) parse(u *url.URL) (Workload, bool) {
	parts := strings.Split(u.Path, "/")
	if len(parts) != 9 || parts[1] != "tenant" || parts[3] != "project" || parts[5] != "stage" || parts[7] != "workload" {
		return Workload{}, false
	}
	of := Workload{kernel.Scope{Tenant: parts[2], Project: parts[4], Stage: parts[6]}, parts[8]}
	return of, of.check() == nil && of.URI(w.domain).String() == u.String()
}

package sidecar

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// routes are where what goes out goes to.
type routes struct{ now atomic.Pointer[outgoing] }

// outgoing is one document's; it is never changed.
type outgoing struct {
	table    *proxy.Table
	services map[string]bool
	// endpoints and identities are by service and version.
	endpoints  map[place][]upstream.Endpoint
	identities map[place]string
}

type place struct{ service, version string }

// Table implements proxy.Routes.
func (r *routes) Table() *proxy.Table { return r.now.Load().table }

// Upstream implements proxy.Upstreams; Endpoints is asked.
func (r *routes) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return "", "", false
}

// Endpoints implements proxy.Endpoints. The port is the version.
func (r *routes) Endpoints(to []upstream.Endpoint, _ kernel.Scope, service, version string) []upstream.Endpoint {
	return append(to, r.now.Load().endpoints[place{service, version}]...)
}

// build makes the table anew, from the document and the identity of now. With another
// identity there are other connections: those of before end with what they carry.
func (s *Sidecar) build(ctx context.Context) {
	s.building.Lock()
	defer s.building.Unlock()
	st := s.identity.state.Load()
	if st == nil {
		return
	}
	next, err := newOutgoing(s.document.Load(), st.generation)
	if err != nil {
		s.config.Log.ErrorContext(ctx, "the routes of the mesh stay what they were", "error", err)
		return
	}
	s.out.now.Store(next)
}

func newOutgoing(d *Document, generation int64) (*outgoing, error) {
	o := &outgoing{services: map[string]bool{}, endpoints: map[place][]upstream.Endpoint{}, identities: map[place]string{}}
	var entries []*proxy.Entry
	for _, s := range d.Services {
		o.services[s.Name] = true
		for _, v := range s.Versions {
			at := place{s.Name, v.Name}
			o.identities[at] = v.Identity
			o.endpoints[at] = v.endpoints()
		}
		entries = append(entries, proxy.Counting{}.Entry(routeTo(s, generation), nil))
	}
	var err error
	o.table, err = proxy.Counting{}.Table(entries, nil)
	return o, err //nolint:wrapcheck // says what it did
}

// endpoints are the instances of a version. Those of the release that takes over have their share
// together, however many there are; where there are none the others share by what they have to do.
func (v Version) endpoints() []upstream.Endpoint {
	out := make([]upstream.Endpoint, 0, len(v.Instances)+len(v.Next))
	for _, addr := range v.Instances {
		out = append(out, upstream.Endpoint{Addr: addr, Release: v.Name, Weight: (100 - v.Share) * len(v.Next)})
	}
	for _, addr := range v.Next {
		out = append(out, upstream.Endpoint{Addr: addr, Release: v.Name, Weight: v.Share * len(v.Instances)})
	}
	return out
}

// peer has a connection prove who answers.
func (s *Sidecar) peer(name string) *tls.Config {
	want, _, _ := strings.Cut(name, "#")
	return &tls.Config{
		MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does it, by SPIFFE ID
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return s.identity.state.Load().cert, nil },
		VerifyConnection: func(cs tls.ConnectionState) error {
			if err := s.expect(want, cs.PeerCertificates); err != nil {
				return &tls.CertificateVerificationError{UnverifiedCertificates: cs.PeerCertificates, Err: err}
			}
			return nil
		},
	}
}

func (s *Sidecar) expect(want string, chain []*x509.Certificate) error {
	id, err := s.identity.state.Load().verify(chain)
	if err != nil {
		return err
	}
	if id.String() != want {
		return fmt.Errorf("%s answers in place of %s", id, want)
	}
	return nil
}

// leave sends a request of the process to another one of the mesh.
func (s *Sidecar) leave(x *exchange.Exchange) {
	now := s.out.now.Load()
	asked := x.Host
	x.OnDone(func() {
		to := now.identities[place{asked, x.Facts.Release}]
		if to == "" {
			to = unknown
		}
		if !now.services[asked] {
			asked = "" // anybody may name it
		}
		s.countOut(x, asked, to)
	})
	s.outbound.Handle(x)
}

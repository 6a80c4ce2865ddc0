package sidecar

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
	// retryAtOnce is how long a stream must have lasted for the next to follow at once.
	retryAtOnce = 10 * time.Second
)

// identity is who this workload is, and whom it trusts, as the Workload API has said last.
type identity struct {
	client workload.SpiffeWorkloadAPIClient
	conn   *grpc.ClientConn
	log    *slog.Logger
	// changed is called after each message that changed something.
	changed func()

	state atomic.Pointer[state]
	ready chan struct{}
	once  sync.Once

	address string
	trouble atomic.Pointer[kernel.Error]
}

// state is one message of the Workload API; it is never changed, but that callers are added.
type state struct {
	id   spiffeid.ID
	cert *tls.Certificate
	pool *x509.CertPool
	// authorities are by the identifiers of their keys.
	authorities map[string]*x509.Certificate
	revoked     map[string]struct{}
	// generation tells states apart.
	generation int64
	callers    callers
}

// newIdentity follows the Workload API at an address, such as unix:///run/workload-api.sock.
func newIdentity(address string, log *slog.Logger, changed func()) (*identity, error) {
	target, err := workloadapi.TargetFromAddress(address)
	if err != nil {
		return nil, fmt.Errorf("the Workload API at %s: %w", address, err)
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("the Workload API at %s: %w", address, err)
	}
	return &identity{client: workload.NewSpiffeWorkloadAPIClient(conn), conn: conn, log: log, changed: changed, ready: make(chan struct{}), address: address}, nil
}

// run follows until ctx ends. What was said last holds while nobody answers.
func (i *identity) run(ctx context.Context) {
	wait := firstRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := i.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > retryAtOnce {
			wait = firstRetry
		}
		why := unidentified(i.address, err)
		i.trouble.Store(why)
		i.log.WarnContext(ctx, why.Message, "fix", why.Fix, "code", status.Code(err).String(), "again", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, lastRetry)
	}
}

func (i *identity) follow(ctx context.Context) error {
	stream, err := i.client.FetchX509SVID(metadata.AppendToOutgoingContext(ctx, "workload.spiffe.io", "true"), &workload.X509SVIDRequest{})
	if err != nil {
		return err //nolint:wrapcheck // run says whose it is
	}
	for {
		m, err := stream.Recv()
		if err != nil {
			return err //nolint:wrapcheck // as above
		}
		next, err := newState(m)
		if err != nil {
			return err
		}
		if before := i.state.Load(); before != nil {
			next.generation = before.generation + 1
		}
		i.state.Store(next)
		i.trouble.Store(nil)
		i.changed()
		i.once.Do(func() { close(i.ready) })
		i.log.InfoContext(ctx, "identity", "id", next.id.String(), "serial", next.cert.Leaf.SerialNumber.Text(16), "until", next.cert.Leaf.NotAfter, "authorities", len(next.authorities))
	}
}

func newState(m *workload.X509SVIDResponse) (*state, error) {
	if len(m.GetSvids()) == 0 {
		return nil, errors.New("the Workload API gives no identity")
	}
	one := m.GetSvids()[0] // the default identity (Workload API §5.2.1)
	svid, err := x509svid.ParseRaw(one.GetX509Svid(), one.GetX509SvidKey())
	if err != nil {
		return nil, fmt.Errorf("read the identity: %w", err)
	}
	bundle, err := x509bundle.ParseRaw(svid.ID.TrustDomain(), one.GetBundle())
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	s := &state{id: svid.ID, pool: x509.NewCertPool(), authorities: map[string]*x509.Certificate{}, revoked: map[string]struct{}{}}
	s.cert = &tls.Certificate{PrivateKey: svid.PrivateKey, Leaf: svid.Certificates[0]}
	for _, c := range svid.Certificates {
		s.cert.Certificate = append(s.cert.Certificate, c.Raw)
	}
	for _, c := range bundle.X509Authorities() {
		s.pool.AddCert(c)
		s.authorities[string(c.SubjectKeyId)] = c
	}
	return s, s.takeLists(m.GetCrl())
}

// takeLists takes lists of what was revoked, each by whom it is signed (RFC 5280 §6.3).
func (s *state) takeLists(lists [][]byte) error {
	for _, der := range lists {
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			return fmt.Errorf("read a list of what was revoked: %w", err)
		}
		by := s.authorities[string(list.AuthorityKeyId)]
		if by == nil || list.CheckSignatureFrom(by) != nil {
			continue // of nobody who is trusted, it says nothing
		}
		for _, e := range list.RevokedCertificateEntries {
			s.revoked[string(list.AuthorityKeyId)+e.SerialNumber.Text(16)] = struct{}{}
		}
	}
	return nil
}

// verify tells whose a chain is, the leaf first (X509-SVID §5).
func (s *state) verify(chain []*x509.Certificate) (spiffeid.ID, error) {
	if len(chain) == 0 {
		return spiffeid.ID{}, errors.New("no certificate was shown")
	}
	leaf := chain[0]
	id, err := x509svid.IDFromCert(leaf)
	if err != nil {
		return id, fmt.Errorf("the certificate is of no workload: %w", err)
	}
	if id.TrustDomain() != s.id.TrustDomain() || leaf.IsCA {
		return id, fmt.Errorf("%s is not of the trust domain %s", id, s.id.TrustDomain())
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: s.pool, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return id, fmt.Errorf("the certificate of %s does not hold: %w", id, err)
	}
	if _, revoked := s.revoked[string(leaf.AuthorityKeyId)+leaf.SerialNumber.Text(16)]; revoked {
		return id, fmt.Errorf("the certificate of %s was revoked", id)
	}
	return id, nil
}

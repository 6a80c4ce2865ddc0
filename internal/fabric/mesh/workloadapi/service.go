package workloadapi

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// RoundEvery is how often Round should be called: what changed at the authorities is told
// that late at most.
const RoundEvery = time.Second

// Issuer issues certificates of workloads; pki.Service implements it.
type Issuer interface {
	Issue(ctx context.Context, o pki.Order) (pki.Issued, error)
	// WorkloadRevocations returns the lists of what was revoked, as DER.
	WorkloadRevocations(ctx context.Context) ([][]byte, error)
}

// Trust knows who signs for workloads; pki.Workloads implements it.
type Trust interface {
	// Domain is the trust domain.
	Domain() string
	// Authorities are the certificates of who is trusted.
	Authorities() []*x509.Certificate
	// Roots is another pool once Authorities, or what was revoked, has changed.
	Roots() *x509.CertPool
	// Whose is not ok for a certificate that was revoked.
	Whose(leaf *x509.Certificate) (scope kernel.Scope, name string, ok bool)
}

// Processes knows which workload a process of this machine belongs to.
type Processes interface {
	// Workload is not ok for a process that was not started for a workload, nor by a process
	// that was. It is asked at each call, and must not wait.
	Workload(pid int) (scope kernel.Scope, name string, ok bool)
}

// Config is what a Service needs.
type Config struct {
	Issuer    Issuer
	Trust     Trust
	Processes Processes
	Log       *slog.Logger
	// Clock says when something is due; nil is the system.
	Clock kernel.Clock
	// Life is that of an X509-SVID; 0 is a day. It is made anew after two thirds.
	Life time.Duration
}

// Service holds the SVIDs of the workloads that have asked for them.
type Service struct {
	workload.UnimplementedSpiffeWorkloadAPIServer

	config Config
	jwt    jwtKeys

	// taking is held while it is taken up whom to trust.
	taking sync.Mutex

	mu   sync.Mutex
	held map[pki.Workload]*held
	// pool is what bundle was made from.
	pool    *x509.CertPool
	bundle  []byte
	crls    [][]byte
	crlsAt  time.Time
	changed chan struct{}
}

// New returns a Service that holds nothing.
func New(c Config) (*Service, error) {
	if c.Life == 0 {
		c.Life = pki.DefaultClientLife
	}
	s := &Service{config: c, held: map[pki.Workload]*held{}, changed: make(chan struct{})}
	return s, s.jwt.rotate(c.Clock.Now())
}

// Round takes up what has changed at the authorities, and makes those SVIDs anew that are due.
func (s *Service) Round(ctx context.Context) error {
	now := s.config.Clock.Now()
	err, moved := s.takeUp(ctx, now), s.jwt.due(now)
	if moved {
		err = errors.Join(err, s.jwt.rotate(now))
	}
	for _, h := range s.watched() {
		renewed, renewErr := s.renew(ctx, h, now)
		moved, err = moved || renewed, errors.Join(err, renewErr)
	}
	if moved {
		s.mu.Lock()
		s.tell()
		s.mu.Unlock()
	}
	return err
}

// crlsEvery is how often lists of what was revoked are made anew: they end after a day.
const crlsEvery = time.Hour

// takeUp takes up whom the trust domain trusts, and what was revoked. Lists that cannot be read
// stay those of before, and are read again the next time.
func (s *Service) takeUp(ctx context.Context, now time.Time) error {
	s.taking.Lock()
	defer s.taking.Unlock()
	pool := s.config.Trust.Roots()
	s.mu.Lock()
	known, same := pool == s.pool, pool == s.pool && now.Sub(s.crlsAt) < crlsEvery
	s.mu.Unlock()
	if same {
		return nil
	}
	crls, err := s.config.Issuer.WorkloadRevocations(ctx)
	if err != nil && known {
		return fmt.Errorf("lists of what was revoked: %w", err)
	}
	var bundle []byte
	for _, cert := range s.config.Trust.Authorities() {
		bundle = append(bundle, cert.Raw...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pool, s.bundle = pool, bundle
	if err == nil {
		s.crls, s.crlsAt = crls, now
	} else {
		s.crlsAt = time.Time{}
	}
	s.tell()
	return err //nolint:wrapcheck // says what it did
}

// trusted returns the bundle and the lists of what was revoked.
func (s *Service) trusted(ctx context.Context) (bundle []byte, crls [][]byte, err error) {
	err = s.takeUp(ctx, s.config.Clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bundle) == 0 {
		return nil, nil, err
	}
	return s.bundle, s.crls, nil
}

// watched are the SVIDs that somebody waits for changes of. Others are forgotten once they
// are due.
func (s *Service) watched() (all []*held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Clock.Now()
	for of, h := range s.held {
		switch {
		case h.watchers > 0:
			all = append(all, h)
		case h.over(now):
			delete(s.held, of)
		}
	}
	return all
}

// tell wakes the streams; mu is held.
func (s *Service) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// next is closed at the next change.
func (s *Service) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Standing is an SVID that is held.
type Standing struct {
	ID string
	// Serial is in lower-case hex.
	Serial            string
	NotAfter, RenewAt time.Time
	// Watchers is how many connections follow it.
	Watchers int
}

// Standings returns the SVIDs of a scope that are held, by their ids.
func (s *Service) Standings(scope kernel.Scope) (all []Standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for of, h := range s.held {
		if now := h.current.Load(); now != nil && of.Scope == scope {
			all = append(all, Standing{
				ID: of.URI(s.config.Trust.Domain()).String(), Serial: now.leaf.SerialNumber.Text(16), NotAfter: now.leaf.NotAfter, RenewAt: now.renewAt, Watchers: h.watchers,
			})
		}
	}
	slices.SortFunc(all, func(a, b Standing) int { return strings.Compare(a.ID, b.ID) })
	return all
}

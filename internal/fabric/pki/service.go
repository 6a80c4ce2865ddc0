package pki

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"fmt"
	"log/slog"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/reload"
)

// The actions.
const (
	actionRead   = "certificate.read"
	actionIssue  = "certificate.issue"
	actionRevoke = "certificate.revoke"
	// actionAuthority is asked of who runs the platform.
	actionAuthority = "certificate-authority.manage"
)

// Config is what a Service needs. One that only serves traffic needs Authorities, Inventory,
// Sealer, Journal, Tx and Log.
type Config struct {
	Options

	Authorities Authorities
	Inventory   Inventory
	Alerts      Alerts
	Lists       Lists
	Sealer      Sealer
	Names       Names
	Authorizer  Authorizer
	// Places may be nil: then nobody asks for certificates here.
	Places  Places
	Journal Journal
	Tx      Tx
	// Home is the tenant that what is the platform's belongs to.
	Home string
	// Folder is where clients find the roots, and where keys lay before there was a database;
	// "" is nowhere.
	Folder string
	// Address is where revocations are told, such as https://terrace.example.com, "" for nowhere.
	Address string
	// Proven tells whether a domain is a tenant's; nil is none.
	Proven func(domain string) bool
	// Waiting is how many certificates wait at most to be written down; DefaultWaiting where 0.
	Waiting int
	// DataPlane has a process open no key but those that it serves with.
	DataPlane bool
	Log       *slog.Logger
}

// Service keeps authorities and the inventory, and has the view of them current.
type Service struct {
	Config

	authority *Authority
	workloads *Workloads
	book      *book
	statuses  statuses

	loading sync.Mutex
	// opened are keys that are open, by the authority's id.
	opened map[string]crypto.Signer
	seeds  map[string]*seed
}

// New returns a Service that knows no authority before Load.
func New(c Config) (*Service, error) {
	s := &Service{opened: map[string]crypto.Signer{}, seeds: map[string]*seed{}, book: newBook(c.Waiting)}
	c.Issued = s.book.note
	a, err := newAuthority(c.Options)
	if err != nil {
		return nil, err
	}
	if s.statuses, err = newStatuses(); err != nil {
		return nil, err
	}
	c.Options = a.options
	s.Config, s.authority, s.workloads = c, a, a.Workloads()
	s.workloads.load = s.loadChanged
	return s, nil
}

// Authority returns what signs for the zones.
func (s *Service) Authority() *Authority { return s.authority }

// Workloads returns who judges certificates of workloads.
func (s *Service) Workloads() *Workloads { return s.workloads }

// Load reads the authorities, opens the keys that are needed, and swaps the view.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	return s.loadLocked(ctx)
}

// loadChanged is Load where something has changed.
func (s *Service) loadChanged(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	turn, err := s.Authorities.Turn(ctx)
	if err != nil || turn == s.authority.view.Load().turn {
		return err
	}
	return s.loadLocked(ctx)
}

func (s *Service) loadLocked(ctx context.Context) error {
	turn, err := s.Authorities.Turn(ctx)
	if err != nil {
		return fmt.Errorf("load authorities: %w", err)
	}
	all, err := s.Authorities.All(ctx)
	if err != nil {
		return fmt.Errorf("load authorities: %w", err)
	}
	revoked, err := s.Authorities.Revoked(ctx, s.Clock.Now())
	if err != nil {
		return fmt.Errorf("load authorities: %w", err)
	}
	v, err := s.newView(ctx, all, revoked)
	if err != nil {
		return fmt.Errorf("load authorities: %w", err)
	}
	v.turn = turn
	if before := s.authority.view.Load().trust; before.sum == v.trust.sum {
		v.trust = before
	}
	s.authority.view.Store(v)
	return s.publish()
}

// newView opens what a view needs.
func (s *Service) newView(ctx context.Context, all []CA, revoked []string) (*view, error) {
	v := &view{roots: sortedRoots(all), issuers: map[string]*issuer{}}
	v.pool = poolOf(v.roots)
	var trusted []*x509.Certificate
	for _, c := range all {
		if !c.trusted() {
			delete(s.opened, c.ID)
		}
		if c.Kind == CAWorkloads && c.trusted() {
			trusted = append(trusted, c.Cert)
		}
		if err := s.takeInto(ctx, v, c); err != nil {
			return nil, err
		}
	}
	v.trust = newTrust(trusted, revoked)
	return v, nil
}

// takeInto opens an authority for a view, if this process signs with it.
func (s *Service) takeInto(ctx context.Context, v *view, c CA) (err error) {
	signs := c.State == CAActive && (c.Kind == CAIntermediate || c.direct())
	switch {
	case c.Kind == CADomains && c.State == CAActive:
		v.seed, err = s.seedOf(ctx, c)
		return err
	case !c.trusted() || c.Kind == CADomains || c.Kind == CARoot && !c.direct() || s.DataPlane && !signs:
		return nil
	}
	key, err := s.open(ctx, c)
	if err != nil && c.State != CAActive && !kernel.Is(err, kernel.Unavailable) {
		s.Log.ErrorContext(ctx, "the key of an authority that was does not open: what it has signed cannot be told to be revoked", "authority", c.ID, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if key == nil { // of an adopted authority of workloads there may be no key left
		return nil
	}
	i := &issuer{id: c.ID, cert: c.Cert, key: key, chain: chainOf(c), address: s.Address}
	v.issuers[c.ID] = i
	if signs {
		v.signer = i
	}
	if c.Kind == CAWorkloads && c.State == CAActive {
		v.workloads = i
	}
	return nil
}

// open opens the key of an authority, nil where it has none.
func (s *Service) open(ctx context.Context, c CA) (crypto.Signer, error) {
	if key := s.opened[c.ID]; key != nil || len(c.Sealed) == 0 {
		return key, nil
	}
	key, err := s.unseal(ctx, c)
	if err != nil {
		return nil, err
	}
	s.opened[c.ID] = key
	return key, nil
}

// unseal opens the key of an authority without keeping it.
func (s *Service) unseal(ctx context.Context, c CA) (*ecdsa.PrivateKey, error) {
	der, err := s.Sealer.Open(ctx, c.Sealed, c.associated())
	if err != nil {
		return nil, fmt.Errorf("open the key of authority %s: %w", c.ID, err)
	}
	defer clear(der)
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the key of authority %s is none", c.ID)
	}
	return key, nil
}

// seal seals the key of an authority into it.
func (s *Service) seal(ctx context.Context, c *CA, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return fmt.Errorf("seal the key of authority %s: %w", c.ID, err)
	}
	defer clear(der)
	c.Sealed, err = s.Sealer.Seal(ctx, der, c.associated())
	return err
}

func (s *Service) seedOf(ctx context.Context, c CA) (*seed, error) {
	if known := s.seeds[c.ID]; known != nil {
		return known, nil
	}
	secret, err := s.Sealer.Open(ctx, c.Sealed, c.associated())
	if err != nil {
		return nil, fmt.Errorf("open the seed of domains: %w", err)
	}
	s.seeds[c.ID] = &seed{id: c.ID, secret: secret, of: c.Cert}
	return s.seeds[c.ID], nil
}

// Watch keeps the view current with what other processes have written. It returns when ctx
// ends.
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

// renew loads after a change of this process.
func (s *Service) renew(ctx context.Context) { s.source().Now(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "authorities of certificates", Revision: s.Authorities.Turn, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.authority.view.Load().turn },
	}
}

package dns

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/fabric/dns/forward"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/ratelimit"
)

// Store keeps the records of deployments; dnssql implements it. A write claims its name for the
// scope, and is a Conflict when another scope has the name.
type Store interface {
	// Replace makes records the only ones of the name; none frees the name.
	Replace(ctx context.Context, scope kernel.Scope, name string, records []Record) error
	Named(ctx context.Context, scope kernel.Scope, name string) ([]Record, error)
	// All returns every record of every tenant, for the server.
	All(ctx context.Context) ([]Record, error)
	// Revision grows with every write, be it of records, zones or anything else of DNS.
	Revision(ctx context.Context) (int64, error)
	// Serial grows with every write of records of deployments.
	Serial(ctx context.Context) (int64, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a Service needs. Without a Book there are the records of deployments alone.
type Config struct {
	Store Store
	Book  Book
	Sets  Sets
	// Sealer seals the secrets of keys.
	Sealer     Sealer
	Authorizer Authorizer
	Places     Places
	// Names says below which names of the platform a project may have zones for challenges;
	// without it there are none.
	Names Names
	// Deployed has the private endpoints of stages.
	Deployed Deployed
	Journal  Journal
	Tx       Tx
	Clock    kernel.Clock
	Log      *slog.Logger
	// Zones are the zones to answer for, such as localhost.
	Zones []string
}

// Service keeps records and answers from a snapshot of them. Its callers have
// checked that they may act for the scope that they name; the service checks
// that the name lies within it.
type Service struct {
	Config

	loading  sync.Mutex
	snapshot atomic.Pointer[snapshot]
	// changed has something in it after a new snapshot.
	changed chan struct{}
	forward *forward.Resolver
	// asking counts what each network has asked elsewhere, and unsigned what it has sent without
	// a good signature.
	asking, unsigned *ratelimit.Limiter[netip.Prefix]
	// updates and transfers have room for those that are underway.
	updates, transfers chan struct{}
}

// NewService returns a Service; Load must run before it answers.
func NewService(c Config) (*Service, error) {
	if len(c.Zones) == 0 {
		c.Zones = []string{"localhost"}
	}
	zones := make([]string, 0, len(c.Zones))
	for _, z := range c.Zones {
		z = CanonicalName(z)
		if p := checkName(z); len(p) > 0 {
			return nil, kernel.Errorf(kernel.Invalid, "DNS zone %q is not valid", z).WithProblems(p...)
		}
		zones = append(zones, z)
	}
	c.Zones = zones
	s := &Service{
		Config: c, changed: make(chan struct{}, 1), forward: forward.New(),
		asking: ratelimit.New[netip.Prefix](), unsigned: ratelimit.New[netip.Prefix](),
		updates: make(chan struct{}, maxUpdates), transfers: make(chan struct{}, maxTransfers),
	}
	s.forward.Clock = c.Clock
	first := &snapshot{own: s.ownZones(nil, 0)}
	first.index(nil, nil)
	first.own = nil // they are not read yet
	s.snapshot.Store(first)
	return s, nil
}

// ReplaceName makes records the only ones of the name, whatever types it had.
func (s *Service) ReplaceName(ctx context.Context, scope kernel.Scope, name string, records []Record) error {
	name = CanonicalName(name)
	admitted := make([]Record, 0, len(records))
	for _, r := range records {
		r.Name = name
		r, err := s.admit(scope, r)
		if err != nil {
			return err
		}
		admitted = append(admitted, r)
	}
	if err := checkAlone(admitted); err != nil {
		return err
	}
	return s.change(ctx, scope, name, "dns-record.changed", func(ctx context.Context) error {
		return s.Store.Replace(ctx, scope, name, admitted)
	})
}

// DeleteName removes every record of a name; what is not there is no error.
func (s *Service) DeleteName(ctx context.Context, scope kernel.Scope, name string) error {
	name = CanonicalName(name)
	return s.change(ctx, scope, name, "dns-record.deleted", func(ctx context.Context) error {
		return s.Store.Replace(ctx, scope, name, nil)
	})
}

// Record returns the record set of a name and type, or NotFound.
func (s *Service) Record(ctx context.Context, scope kernel.Scope, name string, t Type) (Record, error) {
	records, err := s.Named(ctx, scope, name)
	if err != nil {
		return Record{}, err
	}
	for _, r := range records {
		if r.Type == t {
			return r, nil
		}
	}
	return Record{}, kernel.Errorf(kernel.NotFound, "DNS record %s %s does not exist", CanonicalName(name), t)
}

// Named returns every record set of a name, none when there is none.
func (s *Service) Named(ctx context.Context, scope kernel.Scope, name string) ([]Record, error) {
	return s.Store.Named(ctx, scope, CanonicalName(name))
}

// admit checks a record and that its name lies within the scope.
func (s *Service) admit(scope kernel.Scope, r Record) (Record, error) {
	r, err := r.Normalize()
	if err != nil {
		return Record{}, err
	}
	if !s.within(scope, r.Name) {
		return Record{}, kernel.Errorf(kernel.Invalid, "DNS name %s does not belong to %s", r.Name, scope).
			WithFix("use a name under %s", s.suffixes(scope)[0])
	}
	r.Scope, r.UpdatedAt = scope, s.Clock.Now()
	return r, nil
}

func (s *Service) within(scope kernel.Scope, name string) bool {
	for _, suffix := range s.suffixes(scope) {
		if name == suffix || strings.HasSuffix(name, "."+suffix) {
			return true
		}
	}
	return false
}

// suffixes are the subtrees that belong to a scope: <stage>.<project>.<zone>.
func (s *Service) suffixes(scope kernel.Scope) []string {
	subtree := scope.Project
	if scope.Stage != "" {
		subtree = scope.Stage + "." + scope.Project
	}
	suffixes := make([]string, 0, len(s.Zones))
	for _, zone := range s.Zones {
		suffixes = append(suffixes, subtree+"."+zone)
	}
	return suffixes
}

// checkAlone refuses a CNAME beside other types (RFC 1034 §3.6.2) and a type
// that is given twice.
func checkAlone(records []Record) error {
	types := map[Type]bool{}
	for _, r := range records {
		if types[r.Type] {
			return kernel.Errorf(kernel.Invalid, "DNS name %s has type %s twice", r.Name, r.Type).WithFix("give all values in one record")
		}
		types[r.Type] = true
	}
	if types[CNAME] && len(types) > 1 {
		return kernel.Errorf(kernel.Conflict, "DNS name %s cannot have a CNAME beside other records", records[0].Name).
			WithFix("delete the other records of the name, or use an A record instead of the CNAME")
	}
	return nil
}

// change writes in one transaction with its fact, then renews the snapshot.
func (s *Service) change(ctx context.Context, scope kernel.Scope, name, fact string, write func(ctx context.Context) error) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := write(ctx); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: scope, Subject: name})
	})
	if err != nil {
		return err
	}
	s.renew(ctx)
	return nil
}

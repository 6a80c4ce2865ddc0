package audit

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const verifyBatch = 500

// Store keeps entries.
type Store interface {
	// Advance takes the tenant's next number and returns it with the hash of
	// the entry before. Until the transaction ends no other gets a number of
	// the tenant.
	Advance(ctx context.Context, tenant string) (seq int64, prev string, err error)
	// Append keeps an entry and makes it the head of its chain.
	Append(ctx context.Context, e Entry) error
	// Head returns number and hash of the tenant's last entry, 0 and "" before
	// the first.
	Head(ctx context.Context, tenant string) (seq int64, hash string, err error)
	// After returns entries with numbers above seq, in their order.
	After(ctx context.Context, tenant string, seq int64, limit int) ([]Entry, error)
	// List returns entries that match, the newest first.
	List(ctx context.Context, tenant string, f Filter, page kernel.PageRequest) (kernel.Page[Entry], error)
}

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Tx         Tx
	Authorizer Authorizer
	// Clock is the system's where nil.
	Clock kernel.Clock
}

// Service keeps and shows what happened.
type Service struct{ Config }

// New returns a service.
func New(c Config) *Service { return &Service{Config: c} }

// Record keeps a fact with the actor and the request id of ctx, in the
// transaction of ctx where there is one. From then until that transaction ends,
// others that record facts of the tenant wait, so a transaction records last.
func (s *Service) Record(ctx context.Context, f kernel.Fact) error {
	e, err := newEntry(ctx, f, s.Clock.Now())
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if e.Seq, e.Prev, err = s.Store.Advance(ctx, e.Tenant); err != nil {
			return err
		}
		if e.Hash, err = e.hash(); err != nil {
			return err
		}
		return s.Store.Append(ctx, e)
	})
}

// List returns the entries of the scope's tenant that match, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Entry], error) {
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: scope.Tenant, Project: f.Project}); err != nil {
		return kernel.Page[Entry]{}, err
	}
	return s.Store.List(ctx, scope.Tenant, f, page)
}

// Verify reads the whole chain of the scope's tenant and reports the first
// entry that was changed, removed or put in.
func (s *Service) Verify(ctx context.Context, scope kernel.Scope) (Report, error) {
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Report{}, err
	}
	// The head is read first: entries that come later are beyond it.
	headSeq, headHash, err := s.Store.Head(ctx, scope.Tenant)
	if err != nil {
		return Report{}, err
	}
	var r Report
	for r.Entries < headSeq && r.Broken == nil {
		batch, err := s.Store.After(ctx, scope.Tenant, r.Entries, verifyBatch)
		if err != nil {
			return Report{}, err
		}
		if len(batch) == 0 {
			break
		}
		if err := r.follow(batch, headSeq); err != nil {
			return Report{}, err
		}
	}
	if r.Broken == nil && (r.Entries < headSeq || r.Head != headHash) {
		r.Broken = &Break{Seq: min(r.Entries+1, headSeq), Reason: "the last entries are missing or were replaced"}
	}
	return r, nil
}

// follow checks a batch against the chain so far, up to the head.
func (r *Report) follow(batch []Entry, head int64) error {
	for _, e := range batch {
		if e.Seq > head {
			return nil
		}
		want, err := e.hash()
		if err != nil {
			return err
		}
		switch next := r.Entries + 1; {
		case e.Seq != next:
			r.Broken = &Break{Seq: next, Reason: fmt.Sprintf("entry %d is missing", next)}
		case e.Prev != r.Head:
			r.Broken = &Break{Seq: e.Seq, Reason: "it does not follow the entry before it"}
		case e.Hash != want:
			r.Broken = &Break{Seq: e.Seq, Reason: "its content is not what was written"}
		}
		if r.Broken != nil {
			return nil
		}
		r.Entries, r.Head = e.Seq, e.Hash
	}
	return nil
}

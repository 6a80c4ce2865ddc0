package audit

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Record keeps a fact with the actor and the request id of ctx, in the transaction
// of ctx where there is one. It takes its place in the chain at the end of that
// transaction, together with all that it records: others that record for the tenant
// wait no longer than for that.
func (s *Service) Record(ctx context.Context, f kernel.Fact) error {
	e, err := newEntry(ctx, f, s.Clock.Now())
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return db.Gather(ctx, s, e, s.appendAll)
	})
}

// appendAll adds entries to the chains of their tenants, in the order of these: two
// transactions that record for several do not wait for each other.
func (s *Service) appendAll(ctx context.Context, all []chain.Entry) error {
	byTenant := map[string][]chain.Entry{}
	for _, e := range all {
		byTenant[e.Tenant] = append(byTenant[e.Tenant], e)
	}
	for _, tenant := range slices.Sorted(maps.Keys(byTenant)) {
		if err := s.append(ctx, byTenant[tenant]); err != nil {
			return err
		}
	}
	return nil
}

// append adds entries of one tenant to the end of its chain.
func (s *Service) append(ctx context.Context, all []chain.Entry) error {
	tenant := all[0].Tenant
	last, err := s.move(ctx, tenant, all)
	if err != nil {
		return err
	}
	if err := s.Store.Append(ctx, all); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() { s.ends.put(tenant, last) })
	return nil
}

// move links the entries to the end of the chain and moves that. Where this process
// has left it is only a guess: another one may have gone on.
func (s *Service) move(ctx context.Context, tenant string, all []chain.Entry) (last chain.Place, err error) {
	if end, ok := s.ends.get(tenant); ok {
		if last, err = link(end, all); err != nil {
			return last, err
		}
		if moved, err := s.Store.Move(ctx, tenant, end, last); err != nil || moved {
			return last, err
		}
		s.ends.drop(tenant, end)
	}
	end, err := s.Store.Hold(ctx, tenant)
	if err != nil {
		return last, err
	}
	if last, err = link(end, all); err != nil {
		return last, err
	}
	moved, err := s.Store.Move(ctx, tenant, end, last)
	if err == nil && !moved {
		err = kernel.Errorf(kernel.Internal, "the audit log of %s moved while it was held", tenant)
	}
	return last, err
}

// link gives the entries their numbers and hashes, from the end of a chain on, and
// returns its new end.
func link(end chain.Place, all []chain.Entry) (last chain.Place, err error) {
	for i := range all {
		e := &all[i]
		e.Seq, e.Prev = end.Seq+1, end.Hash
		if e.Hash, err = e.Sum(); err != nil {
			return chain.Place{}, err
		}
		end = chain.Place{Seq: e.Seq, Hash: e.Hash}
	}
	return end, nil
}

// ends are where this process has left the chains of tenants, in transactions that
// are committed.
type ends struct {
	mu  sync.Mutex
	all map[string]chain.Place
}

func (e *ends) get(tenant string) (chain.Place, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	end, ok := e.all[tenant]
	return end, ok
}

// put notes an end; of two that come in the wrong order the later one stays.
func (e *ends) put(tenant string, end chain.Place) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all == nil {
		e.all = map[string]chain.Place{}
	}
	if e.all[tenant].Seq < end.Seq {
		e.all[tenant] = end
	}
}

// drop forgets an end that was wrong.
func (e *ends) drop(tenant string, end chain.Place) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all[tenant] == end {
		delete(e.all, tenant)
	}
}

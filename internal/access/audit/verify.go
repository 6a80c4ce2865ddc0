package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const verifyBatch = 500

// Range is a part of a chain by the numbers of its entries; zero is its begin or end.
type Range struct{ From, To int64 }

// Verify reads a part of the chain of the scope's tenant, with the heads that were
// signed, and reports the first entry that is not as it was written.
func (s *Service) Verify(ctx context.Context, scope kernel.Scope, r Range) (chain.Report, error) {
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return chain.Report{}, err
	}
	// A head is of an entry that was there before it, and entries that come later are beyond
	// the end: so the newest head is read first, and then the end.
	newest, err := s.Heads.LastHead(ctx, scope.Tenant)
	if err != nil {
		return chain.Report{}, err
	}
	end, err := s.Store.Head(ctx, scope.Tenant)
	if err != nil {
		return chain.Report{}, err
	}
	var now time.Time
	if r.To == 0 {
		now = s.Clock.Now()
	}
	report, err := s.verify(ctx, scope.Tenant, r, end, now)
	if report.Broken == nil && r.To == 0 {
		report.Broken = cutOff(newest, end)
	}
	return report, err
}

// cutOff is the break of a chain that ends before an entry of which a head was signed, nil for
// none.
func cutOff(newest SignedHead, end chain.Place) *chain.Break {
	if end.Seq >= newest.Seq {
		return nil
	}
	return &chain.Break{Seq: end.Seq + 1, Kind: chain.Truncated, Reason: fmt.Sprintf("the last entries are missing: a head was signed of entry %d", newest.Seq)}
}

// verify checks a range; with now also that heads were signed until then.
func (s *Service) verify(ctx context.Context, tenant string, r Range, end chain.Place, now time.Time) (chain.Report, error) {
	keys, err := s.trusted(ctx)
	if err != nil {
		return chain.Report{}, err
	}
	w, err := s.walk(ctx, tenant, r, end)
	if err != nil {
		return chain.Report{}, err
	}
	c := chain.NewChecker(tenant, w.after, keys)
	c.Now(now)
	err = w.each(ctx, func(e chain.Entry) error { return c.Entry(e, nil) }, func(signed string) error { c.Head(signed); return nil }, c.Broken)
	if err != nil {
		return chain.Report{}, err
	}
	if w.to < end.Seq {
		end = chain.Place{Seq: w.to, Hash: c.Report().Head}
	}
	c.End(end)
	if r.To > 0 || c.Broken() {
		return c.Report(), nil
	}
	beyond, err := s.beyond(ctx, tenant)
	if beyond != nil {
		c.Beyond(beyond.Seq)
	}
	return c.Report(), err
}

// beyond returns the first entry beyond the end of a chain, nil for none: nobody who writes
// the log has put it there.
func (s *Service) beyond(ctx context.Context, tenant string) (*chain.Entry, error) {
	for {
		end, err := s.Store.Head(ctx, tenant)
		if err != nil {
			return nil, err
		}
		batch, err := s.Store.After(ctx, tenant, end.Seq, verifyBatch)
		if err != nil || len(batch) == 0 {
			return nil, err
		}
		if end, err = s.Store.Head(ctx, tenant); err != nil { // what was written since is before it
			return nil, err
		}
		for _, e := range batch {
			if e.Seq > end.Seq {
				return &e, nil
			}
		}
		if len(batch) < verifyBatch {
			return nil, nil //nolint:nilnil // there is none
		}
	}
}

// walk is a way through a part of a chain, a batch at a time.
type walk struct {
	service *Service
	tenant  string
	after   chain.Place
	to      int64
}

// walk begins at the entry before a range.
func (s *Service) walk(ctx context.Context, tenant string, r Range, end chain.Place) (walk, error) {
	w := walk{service: s, tenant: tenant, to: end.Seq}
	if r.To > 0 {
		w.to = min(r.To, end.Seq)
	}
	if r.From <= 1 {
		return w, nil
	}
	if r.From > end.Seq+1 {
		return w, kernel.Errorf(kernel.Invalid, "the audit log ends with entry %d", end.Seq).
			WithProblems(kernel.Problem{Path: "from", Message: "there is no such entry yet"})
	}
	before, err := s.Store.After(ctx, tenant, r.From-2, 1)
	if err != nil {
		return w, err
	}
	w.after = chain.Place{Seq: r.From - 1}
	if len(before) == 1 && before[0].Seq == w.after.Seq {
		w.after.Hash = before[0].Hash
	}
	return w, nil
}

// each calls entry for the entries and head for the heads, each after its entry, until
// enough says that they are.
func (w walk) each(ctx context.Context, entry func(chain.Entry) error, head func(signed string) error, enough func() bool) error {
	for at := w.after.Seq; ; {
		batch, err := w.service.Store.After(ctx, w.tenant, at, verifyBatch)
		if err != nil {
			return err
		}
		upTo := w.to
		if len(batch) == verifyBatch {
			upTo = min(upTo, batch[len(batch)-1].Seq)
		}
		heads, err := w.heads(ctx, at, upTo)
		if err != nil {
			return err
		}
		for _, e := range batch {
			for len(heads) > 0 && heads[0].Seq < e.Seq {
				if err := head(heads[0].Note); err != nil {
					return err
				}
				heads = heads[1:]
			}
			if e.Seq > w.to || enough() {
				return nil
			}
			if err := entry(e); err != nil {
				return err
			}
			at = e.Seq
		}
		for _, h := range heads {
			if err := head(h.Note); err != nil {
				return err
			}
		}
		if len(batch) < verifyBatch || at >= w.to || enough() {
			return nil
		}
	}
}

// heads returns those of the entries after a number, up to another; that of the entry
// before the range shows where it begins.
func (w walk) heads(ctx context.Context, after, upTo int64) ([]SignedHead, error) {
	if after > 0 && after == w.after.Seq {
		after--
	}
	return w.service.Heads.HeadsBetween(ctx, w.tenant, after, upTo)
}

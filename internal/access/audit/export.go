package audit

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Wanted is what is to be exported: entries by their numbers or by their time. The part
// of the chain is always whole, so that it can be checked.
type Wanted struct {
	Range
	Filter
	// For says what it is for: "verify" or "".
	For string
}

// Export is a part of a chain that is about to be written.
type Export struct {
	begin chain.Begin
	keys  []chain.Key
	walk  walk
	end   chain.Place
}

// Export begins an export of the tenant's log, and records that it does.
func (s *Service) Export(ctx context.Context, scope kernel.Scope, want Wanted) (Export, error) {
	tenant := scope.Tenant
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: tenant}); err != nil {
		return Export{}, err
	}
	end, err := s.Store.Head(ctx, tenant)
	if err != nil {
		return Export{}, err
	}
	r, err := s.ranged(ctx, tenant, want, end)
	if err != nil {
		return Export{}, err
	}
	x := Export{end: end}
	if x.walk, err = s.walk(ctx, tenant, r, end); err != nil {
		return Export{}, err
	}
	if x.keys, err = s.published(ctx); err != nil {
		return Export{}, err
	}
	x.begin = chain.Begin{Format: chain.Format, Tenant: tenant, After: x.walk.after, To: x.walk.to}
	return x, s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "audit.exported", Scope: kernel.Scope{Tenant: tenant}, Subject: tenant,
			Data: map[string]any{"from": x.walk.after.Seq + 1, "to": x.walk.to, "for": want.For},
		})
	})
}

// ranged turns a time into numbers.
func (s *Service) ranged(ctx context.Context, tenant string, want Wanted, end chain.Place) (Range, error) {
	r := want.Range
	if want.Since.IsZero() && want.Until.IsZero() {
		return r, nil
	}
	first, last, err := s.Store.Between(ctx, tenant, want.Filter)
	if err != nil {
		return r, err
	}
	if first > last {
		return r, kernel.Errorf(kernel.NotFound, "nothing happened in that time").WithFix("see terrace audit list")
	}
	r.From = max(r.From, first)
	if last < end.Seq && (r.To == 0 || last < r.To) {
		r.To = last
	}
	return r, nil
}

// Write sends the lines of the export.
func (x Export) Write(ctx context.Context, send func(chain.Line) error) error {
	if err := send(chain.Line{Begin: &x.begin}); err != nil {
		return err
	}
	for _, k := range x.keys {
		if err := send(chain.Line{Key: &k}); err != nil {
			return err
		}
	}
	last := x.walk.after
	entry := func(e chain.Entry) error {
		line, err := chain.EntryLine(e)
		if err != nil {
			return err
		}
		last = chain.Place{Seq: e.Seq, Hash: e.Hash}
		return send(line)
	}
	head := func(signed string) error { return send(chain.Line{Head: signed}) }
	if err := x.walk.each(ctx, entry, head, func() bool { return false }); err != nil {
		return err
	}
	if x.walk.to == x.end.Seq {
		if err := x.beyond(ctx, entry); err != nil {
			return err
		}
		last = x.end
	}
	return send(chain.Line{End: &last})
}

// beyond sends an entry that is beyond the end, so that whoever checks the export finds it.
func (x Export) beyond(ctx context.Context, send func(chain.Entry) error) error {
	e, err := x.walk.service.beyond(ctx, x.walk.tenant)
	if err != nil || e == nil {
		return err
	}
	return send(*e)
}

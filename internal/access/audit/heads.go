package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// HeadEvery is how often a head is signed of each chain that has gone on.
const HeadEvery = 10 * time.Minute

// SignedHead is a head as it is kept.
type SignedHead struct {
	chain.Head

	// Note is the head with its signature.
	Note string
}

// HeadStore keeps signed heads. They are never changed.
type HeadStore interface {
	// AddHead keeps a head; a second one of an entry is a Conflict.
	AddHead(ctx context.Context, h SignedHead) error
	// LastHead returns the newest; the zero head where there is none.
	LastHead(ctx context.Context, tenant string) (SignedHead, error)
	// HeadsBetween returns those of entries above after, up to a number, in their order.
	HeadsBetween(ctx context.Context, tenant string, after, upTo int64) ([]SignedHead, error)
	// ListHeads returns them, the newest first.
	ListHeads(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[SignedHead], error)
	// Ends returns the tenants whose chain has gone on since their last head.
	Ends(ctx context.Context) ([]string, error)
}

// ListHeads returns the signed heads of the scope's tenant, the newest first.
func (s *Service) ListHeads(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[SignedHead], error) {
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return kernel.Page[SignedHead]{}, err
	}
	return s.Heads.ListHeads(ctx, scope.Tenant, page)
}

// Sign signs a head of the scope's tenant now, unless the last one is of the end of its
// chain. It returns the newest.
func (s *Service) Sign(ctx context.Context, scope kernel.Scope) (SignedHead, error) {
	if err := s.Authorizer.Authorize(ctx, "audit.sign", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return SignedHead{}, err
	}
	return s.sign(ctx, scope.Tenant)
}

// Sweep signs heads of all chains that have gone on, and turns the keys.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.turn(ctx); err != nil {
		return err
	}
	tenants, err := s.Heads.Ends(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, tenant := range tenants {
		if _, err := s.sign(kernel.WithActor(ctx, kernel.System("audit", tenant)), tenant); err != nil {
			failed = append(failed, fmt.Errorf("sign a head of the audit log of %s: %w", tenant, err))
		}
	}
	return errors.Join(failed...)
}

// sign signs a head of the end of a chain, after it has checked that what came since the
// last head follows from it: a chain that was rewritten is never signed.
func (s *Service) sign(ctx context.Context, tenant string) (SignedHead, error) {
	last, err := s.Heads.LastHead(ctx, tenant)
	if err != nil {
		return SignedHead{}, err
	}
	end, err := s.Store.Head(ctx, tenant)
	if err != nil {
		return SignedHead{}, err
	}
	switch idle, err := s.idle(ctx, tenant, last, end); {
	case err != nil:
		return SignedHead{}, err
	case idle && end.Seq == 0:
		return SignedHead{}, kernel.Errorf(kernel.NotFound, "the audit log of %s has no entries", tenant)
	case idle:
		return last, nil
	}
	if err := s.follows(ctx, tenant, last, end); err != nil {
		return SignedHead{}, err
	}
	next := chain.Head{Tenant: tenant, Seq: end.Seq, Hash: end.Hash, At: s.Clock.Now().UTC().Truncate(time.Second)}
	if last.Seq > 0 {
		next.Previous = last.Sum()
	}
	err = s.keep(ctx, &next, last)
	if kernel.Is(err, kernel.Conflict) { // another process has signed meanwhile
		return s.Heads.LastHead(ctx, tenant)
	}
	if err != nil {
		return SignedHead{}, err
	}
	return s.Heads.LastHead(ctx, tenant)
}

// keep signs a head, keeps it and tells of it.
func (s *Service) keep(ctx context.Context, h *chain.Head, last SignedHead) error {
	key, err := s.current(ctx)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(key.private)
	if err != nil {
		return kernel.Errorf(kernel.Internal, "the key %s of the audit log is damaged", key.ID)
	}
	signed, err := h.Sign(signer)
	if err != nil {
		return kernel.Errorf(kernel.Internal, "sign a head: %w", err)
	}
	h.Key = key.ID
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Heads.AddHead(ctx, SignedHead{*h, signed}); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			// It is chain.HeadSigned, written out for the list of events.
			Type: "audit_head.signed", Scope: kernel.Scope{Tenant: h.Tenant}, Subject: strconv.FormatInt(h.Seq, 10),
			Data: map[string]any{"entry": h.Seq, "hash": h.Hash, "key": key.ID, "head": signed, "previous": last.Seq},
		})
	})
}

// idle reports whether nothing happened since the last head, but that it was signed.
func (s *Service) idle(ctx context.Context, tenant string, last SignedHead, end chain.Place) (bool, error) {
	if end.Seq <= last.Seq {
		return end.Seq == last.Seq, nil
	}
	if end.Seq > last.Seq+1 || last.Seq == 0 {
		return false, nil
	}
	one, err := s.Store.After(ctx, tenant, last.Seq, 1)
	return err == nil && len(one) == 1 && one[0].Type == chain.HeadSigned, err
}

// follows checks what came since the last head.
func (s *Service) follows(ctx context.Context, tenant string, last SignedHead, end chain.Place) error {
	if broken := cutOff(last, end); broken != nil {
		return torn(tenant, *broken)
	}
	r, err := s.verify(ctx, tenant, Range{From: last.Seq + 1}, end, time.Time{})
	if err != nil {
		return err
	}
	if r.Broken != nil {
		return torn(tenant, *r.Broken)
	}
	return nil
}

func torn(tenant string, b chain.Break) error {
	return kernel.Errorf(kernel.Refused, "no head is signed of the audit log of %s: entry %d is %s, %s", tenant, b.Seq, b.Kind, b.Reason).
		WithFix("somebody has changed the database; see terrace audit verify, and compare with a backup")
}

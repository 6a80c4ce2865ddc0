package audit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Rotate adds the next key, which signs in a while. One that waits already stays.
func (s *Service) Rotate(ctx context.Context, scope kernel.Scope) (chain.Key, error) {
	if err := s.Authorizer.Authorize(ctx, "audit-key.rotate", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return chain.Key{}, err
	}
	present, err := s.current(ctx)
	if err != nil {
		return chain.Key{}, err
	}
	all, err := s.open(ctx)
	if err != nil {
		return chain.Key{}, err
	}
	if newest := all[len(all)-1]; newest.number != present.number {
		return chain.Key{}, kernel.Errorf(kernel.Conflict, "the key %s is waiting already, and signs from %s", newest.ID, newest.From.Format(time.RFC3339))
	}
	return s.addKey(ctx, &present, s.Clock.Now().Add(keyNotice))
}

// turn adds the next key when the present one is old, and destroys the private halves of
// those that sign no longer.
func (s *Service) turn(ctx context.Context) error {
	present, err := s.current(ctx)
	if err != nil {
		return err
	}
	all, err := s.open(ctx)
	if err != nil {
		return err
	}
	ctx = kernel.WithActor(ctx, kernel.System("audit", s.Home))
	now := s.Clock.Now()
	if all[len(all)-1].number == present.number && !now.Before(present.From.Add(KeyLife-keyNotice)) {
		if _, err := s.addKey(ctx, &present, now.Add(keyNotice)); err != nil && !kernel.Is(err, kernel.Conflict) {
			return err
		}
	}
	for _, k := range all {
		if k.number >= present.number || k.private == "" {
			continue
		}
		sealed, err := s.sealed(ctx, k.number, halves{Verifier: k.Verifier})
		if err != nil {
			return err
		}
		if err := s.Keys.SpendKey(ctx, k.number, sealed); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sealed(ctx context.Context, number int64, h halves) ([]byte, error) {
	raw, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return s.Sealer.Seal(ctx, raw, sealedFor(number))
}

// addKey adds the key after another one, which introduces it; nil before the first.
func (s *Service) addKey(ctx context.Context, before *opened, from time.Time) (chain.Key, error) {
	private, public, err := chain.NewSigner(keyName(s.Name), rand.Reader)
	if err != nil {
		return chain.Key{}, kernel.Errorf(kernel.Internal, "make a key of the audit log: %w", err)
	}
	public.From = from.UTC().Truncate(time.Second)
	number := int64(1)
	if before != nil {
		number = before.number + 1
		signer, err := note.NewSigner(before.private)
		if err != nil {
			return chain.Key{}, kernel.Errorf(kernel.Internal, "the key %s of the audit log is damaged", before.ID)
		}
		if public.Introduced, err = chain.Introduce(public, signer); err != nil {
			return chain.Key{}, kernel.Errorf(kernel.Internal, "introduce a key of the audit log: %w", err)
		}
	}
	sealed, err := s.sealed(ctx, number, halves{private, public.Verifier})
	if err != nil {
		return chain.Key{}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Keys.AddKey(ctx, Key{Number: number, Sealed: sealed, From: public.From, Introduced: public.Introduced}); err != nil {
			return err
		}
		if _, ok := kernel.ActorFrom(ctx); !ok {
			ctx = kernel.WithActor(ctx, kernel.System("audit", s.Home))
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "audit_key.added", Scope: kernel.Scope{Tenant: s.Home}, Subject: public.ID,
			Data: map[string]any{"key": public.Verifier, "signsFrom": public.From},
		})
	})
	return public, err
}

// keyName is what a key is called: signed notes have neither spaces nor plus signs there.
func keyName(host string) string {
	name := strings.Map(func(r rune) rune {
		if r <= ' ' || r == '+' || r > '~' {
			return '-'
		}
		return r
	}, host)
	if name == "" {
		name = "terrace"
	}
	return name + "/audit"
}

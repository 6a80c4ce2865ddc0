package identity

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// recordTimeout bounds the record of a refusal, which a caller that leaves early
// does not prevent.
const recordTimeout = 5 * time.Second

// refused records that a sign-in failed: the name that was tried, and never the
// password. The throttle bounds how often that is for one user; for names that
// nobody has, of which there is no end, it bounds all together. u is the user of
// the name, without an id where there is none.
func (s *Service) refused(ctx context.Context, tenant, name string, u User, why string) {
	if !loginName.MatchString(name) {
		name = "(no user name)" // a password perhaps, in the wrong field
	}
	s.Logger.WarnContext(ctx, "a sign-in failed", slog.String("tenant", tenant), slog.String("user", name))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := s.recordRefusal(ctx, tenant, name, u, why); err != nil {
		s.Logger.ErrorContext(ctx, "a failed sign-in is not in the audit log", slog.String("tenant", tenant), slog.String("error", err.Error()))
	}
}

func (s *Service) recordRefusal(ctx context.Context, tenant, name string, u User, why string) error {
	subject := u.ID
	if u.ID == "" {
		known, err := s.Store.HasUsers(ctx, tenant)
		if err != nil || !known {
			return err // nobody reads the audit log of a tenant that is none
		}
		if s.throttle.begin(tenant+"/", "", s.Clock.Now()) != nil {
			return nil
		}
		why, subject = "there is no such user", name
	} else if u.isDisabled() {
		why = "the user is disabled"
	}
	// Who it was is not known: the name was said, not proven.
	ctx = kernel.WithActor(ctx, kernel.Actor{ID: "unproven:" + name, Name: name, Kind: kernel.ActorUser, Tenant: tenant})
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "session.refused", Scope: kernel.Scope{Tenant: tenant}, Subject: subject,
			Data: map[string]any{"user": name, "why": why},
		})
	})
}

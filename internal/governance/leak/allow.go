package leak

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxReason bounds a reason, in bytes.
	maxReason = 2000
	// maxAllowed bounds how long a finding is allowed that has an end.
	maxAllowed = 5 * 365 * 24 * time.Hour
)

// Allow has a finding stay as it is, for a reason, until a moment or for good (the zero
// time). Who allows it says that the value is no secret, or is worth nothing any more.
func (s *Service) Allow(ctx context.Context, tenant, id, reason string, until time.Time) (Finding, error) {
	f, err := s.Get(ctx, tenant, id)
	if err != nil {
		return f, err
	}
	if err := s.Authorizer.Authorize(ctx, actionAllow, f.Scope); err != nil {
		return f, err
	}
	now := s.Clock.Now()
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > maxReason {
		return f, kernel.Errorf(kernel.Invalid, "a finding is allowed for a reason, of at most %d characters", maxReason).WithFix("say why it may stay with --reason")
	}
	if !until.IsZero() && (!until.After(now) || until.After(now.Add(maxAllowed))) {
		return f, kernel.Errorf(kernel.Invalid, "%s is not within the five years from now on", until.UTC().Format(time.RFC3339)).WithFix("give a moment in that time, or none for good")
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if f, err = s.Store.Get(ctx, tenant, id); err != nil {
			return err
		}
		if f.State == Resolved {
			return kernel.Errorf(kernel.Conflict, "%s is not where it was any more", id).WithFix("there is nothing to allow; terrace secret findings lists what is open")
		}
		f.State, f.Allowance = Allowed, &Allowance{By: actor, At: now, Reason: reason, Until: until}
		if err := s.Store.Save(ctx, f, f.Place.identity()); err != nil {
			return err
		}
		return s.Journal.Record(ctx, f.fact("secret.leak_allowed", reason))
	})
	if err != nil {
		return Finding{}, err
	}
	if err := s.decided(ctx, f); err != nil {
		return f, err
	}
	return s.placed(ctx, f)
}

// decided tells that no finding of a pull request is open any more.
func (s *Service) decided(ctx context.Context, f Finding) error {
	if f.Place.Pull == 0 || f.Source != nil || s.Decided == nil { // a check does not know of sources
		return nil
	}
	open := false
	err := s.Within(ctx, f.Scope, f.Place.Repository, func(page []Finding) error {
		open = open || slices.ContainsFunc(page, func(o Finding) bool {
			return o.Source == nil && o.Place.Pull == f.Place.Pull && o.at(s.Clock.Now()).State == Open
		})
		return nil
	})
	if err != nil || open {
		return err
	}
	if err := s.Decided(ctx, f.Scope, f.Place.Repository, f.Place.Pull); err != nil {
		return fmt.Errorf("it is allowed, and its pull request could not be looked at again: %w", err)
	}
	return nil
}

// Resolve ends a finding in a log, for a reason: what is there cannot be taken out, and who
// resolves it says that this has no consequences any more. It is open again when the value
// is seen again.
func (s *Service) Resolve(ctx context.Context, tenant, id, reason string) (Finding, error) {
	f, err := s.Get(ctx, tenant, id)
	if err != nil {
		return f, err
	}
	if err := s.Authorizer.Authorize(ctx, actionAllow, f.Scope); err != nil {
		return f, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > maxReason {
		return f, kernel.Errorf(kernel.Invalid, "a finding is resolved for a reason, of at most %d characters", maxReason).WithFix("say what was done with --reason")
	}
	if f.Place.Kind != Log && (f.Source == nil || !f.Source.More) {
		return f, kernel.Errorf(kernel.Conflict, "%s is in a %s, and is resolved when it is not there any more", id, f.Place.Kind).
			WithFix("take the value out there; or let it stay with: terrace secret allow %s --reason REASON", id)
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if f, err = s.Store.Get(ctx, tenant, id); err != nil || f.State == Resolved {
			return err
		}
		if err := s.resolve(ctx, []Finding{f}, nil, reason); err != nil {
			return err
		}
		f, err = s.Store.Get(ctx, tenant, id)
		return err
	})
	if err != nil {
		return Finding{}, err
	}
	return s.placed(ctx, f)
}

// fact is one about a finding: where, and which kind of value; never the value.
func (f Finding) fact(typ, reason string) kernel.Fact {
	data := map[string]any{"rule": f.Rule, "place": f.narrowed().Where(), "kind": f.Place.Kind, "fingerprint": f.Fingerprint, "state": f.State}
	if f.Secret != "" {
		data["secret"] = f.Secret
	}
	if f.Source != nil {
		data["source"] = f.Source.Scope.Project
		if f.Source.By != "" {
			data["by"] = f.Source.By
		}
	}
	if f.State == Allowed && !f.Allowance.Until.IsZero() {
		data["until"] = f.Allowance.Until.UTC()
	}
	return kernel.Fact{Type: typ, Scope: f.Scope, Subject: f.ID, Reason: reason, Data: data}
}

package vaultcert

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

const (
	// idle is how often it is looked for work that nobody rings for.
	idle = 2 * time.Second
	// workTime bounds the work on one certificate, and lease is how long a process that has gone
	// silent keeps it from others.
	workTime, lease = 40 * time.Second, time.Minute
	// most is how many are looked at together, and atOnce how many are worked on.
	most, atOnce = 100, 8
	// firstPause and lastPause are between tries with what cannot be done.
	firstPause, lastPause = 5 * time.Second, 5 * time.Minute
	// longPause is before what is not taken as it is, and restPause before that of a tenant that
	// is closed.
	longPause, restPause = time.Hour, time.Hour
)

// Watch does what is due until ctx ends. Any number of processes may watch one database.
func (s *Service) Watch(ctx context.Context) error {
	return rounds.Rounds{Bell: s.bell, Idle: idle, Next: s.Store.Soonest, Clock: s.Clock, Look: s.Sweep}.Run(ctx)
}

// Sweep does what is due, and waits until that is done.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := s.Store.Due(ctx, s.Clock.Now(), most)
	if err != nil || len(due) == 0 {
		return err
	}
	resting, err := s.Tenants.Resting(ctx)
	if err != nil {
		return err
	}
	var work errgroup.Group
	work.SetLimit(atOnce)
	for _, c := range due {
		if resting[c.Scope.Tenant] {
			if err := s.rest(ctx, c); err != nil {
				return err
			}
			continue
		}
		work.Go(func() error { return s.carryOut(ctx, c) })
	}
	return work.Wait()
}

// rest has a certificate of a closed tenant be out of the way of others for a while.
func (s *Service) rest(ctx context.Context, c Certificate) error {
	c.Due = s.Clock.Now().UTC().Add(restPause)
	if err := s.Store.Save(ctx, c); !kernel.Is(err, kernel.Stale) {
		return err
	}
	return nil // it was set anew, or another process was faster
}

// carryOut takes a certificate, does what is due with it, and keeps how it stands then.
func (s *Service) carryOut(ctx context.Context, c Certificate) error {
	ctx = kernel.WithActor(ctx, kernel.System("vault-certificates", c.Scope.Tenant))
	c.Due = s.Clock.Now().Add(lease)
	err := s.Store.Save(ctx, c)
	if kernel.Is(err, kernel.Stale) {
		return nil // another process was faster, or it was set anew
	}
	if err != nil {
		return err
	}
	c.Revision++
	before := c
	facts, err := s.work(ctx, &c)
	if ctx.Err() != nil {
		c.Due, err = s.Clock.Now(), nil // it goes on after the next start
	}
	if err != nil {
		s.failed(ctx, &c, err)
	}
	c.Tried = s.Clock.Now().UTC()
	err = s.keep(context.WithoutCancel(ctx), before, c, facts)
	if kernel.Is(err, kernel.Stale) {
		return nil // it was set anew or removed meanwhile
	}
	return err
}

// told is a fact that is still to be recorded.
type told struct {
	what string
	data map[string]any
	// left is the certificate of the domain that left with its key; nil for none.
	left *x509.Certificate
}

// work brings both sides to the same, and says when there is something to do next.
func (s *Service) work(ctx context.Context, c *Certificate) ([]told, error) {
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	y, err := s.vaultOf(ctx, c.Scope)
	if err != nil {
		return nil, err
	}
	var moved []told
	if c.Vault != y.Vault { // what was known is of another one
		moved = []told{{what: "vault-certificate.moved", data: map[string]any{"from": c.Vault}}}
		c.Vault, c.Version, c.Serial, c.Fingerprint, c.NotAfter, c.RenewAt, c.Unmerged = y.Vault, "", "", "", time.Time{}, time.Time{}, nil
	}
	vault, err := s.Vaults.Certificates(ctx, y)
	if err != nil {
		return moved, err
	}
	j := job{Service: s, vault: vault, c: c}
	ways := map[Way]func(context.Context) ([]told, error){Issue: j.issue, Copy: j.copy, Follow: j.follow}
	done, err := ways[c.Way](ctx)
	facts := slices.Concat(moved, done)
	if err != nil && ctx.Err() != nil {
		return facts, kernel.Errorf(kernel.Unavailable, "%s took too long", c.Vault)
	}
	if err != nil {
		return facts, err
	}
	now := s.Clock.Now().UTC()
	c.State, c.Reason, c.Fix, c.Failures, c.Checked, c.Due = InStep, "", "", 0, now, now.Add(y.Every)
	if !c.RenewAt.IsZero() && c.RenewAt.Before(c.Due) {
		c.Due = c.RenewAt
	}
	return facts, nil
}

// failed notes what stands in the way, and when it is tried again.
func (s *Service) failed(ctx context.Context, c *Certificate, err error) {
	pause := min(firstPause<<min(c.Failures, 10), lastPause)
	c.State, c.Reason, c.Fix = Failed, "Terrace itself could not do it", ""
	c.Failures++
	cause, ok := errors.AsType[*kernel.Error](err)
	if o, out := errors.AsType[*vaultsync.Outage](err); out {
		cause, ok = o.Err, true
	}
	if ok && cause.Kind != kernel.Internal {
		c.Reason, c.Fix = cause.Message, cause.Fix
		if len(cause.Problems) > 0 {
			c.Reason += ": " + cause.Problems[0].Message
		}
		if cause.Kind == kernel.Conflict {
			c.State = Conflict
		}
		if cause.Kind == kernel.Invalid {
			pause = longPause
		}
		if cause.After > 0 {
			pause = cause.After
		}
	} else {
		s.Log.WarnContext(ctx, "a certificate could not be kept in a key vault", "scope", c.Scope.String(), "certificate", c.Name, "error", err)
	}
	c.Due = s.Clock.Now().UTC().Add(pause)
}

// keep writes how a certificate stands, with what came of it.
func (s *Service) keep(ctx context.Context, before, c Certificate, facts []told) error {
	switch {
	case c.State == Failed && before.State != Failed:
		facts = append(facts, told{what: "vault-certificate.failed", data: map[string]any{"problem": c.Reason}})
	case c.State == Conflict && (before.State != Conflict || before.Reason != c.Reason):
		facts = append(facts, told{what: "vault-certificate.conflicted", data: map[string]any{"problem": c.Reason}})
	case c.State == InStep && (before.State == Failed || before.State == Conflict):
		facts = append(facts, told{what: "vault-certificate.resumed"})
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, c); err != nil {
			return err
		}
		for _, f := range facts {
			if f.left != nil {
				if err := s.Domains.Copied(ctx, c.Scope, c.Domain, f.left, c.address()); err != nil {
					return err
				}
			}
			if err := s.record(ctx, c, f.what, f.data); err != nil {
				return err
			}
		}
		return nil
	})
}

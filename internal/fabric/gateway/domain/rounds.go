package domain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	day = 24 * time.Hour
	// endsSoon is how long before its end a certificate is warned of.
	endsSoon = 30 * day
	// lookEvery is how long after a look at its record the next one of a domain is due.
	lookEvery = day
	// missingLong is how long a record is gone before it is told.
	missingLong = 3 * day
	// warnAtOnce and lookAtOnce bound a round, in domains.
	warnAtOnce = 100
	lookAtOnce = 10
)

// endings are how many days before the end of a certificate that is told; 0 is that it has
// ended.
func endings() []int { return []int{30, 7, 1, 0} }

// nextEnding is when the end of a certificate is to be told of next, nil for never.
func nextEnding(c Certificate, now time.Time) *time.Time {
	for _, days := range endings() {
		if at := c.NotAfter.Add(-time.Duration(days) * day); at.After(now) {
			return &at
		}
	}
	return nil
}

// reached is which of the endings has come last, false for none.
func reached(c Certificate, now time.Time) (days int, ok bool) {
	for _, n := range endings() {
		if !c.NotAfter.Add(-time.Duration(n) * day).After(now) {
			days, ok = n, true
		}
	}
	return days, ok
}

// TellEnds tells of certificates that end in 30, 7 and 1 days and of those that have ended,
// each once in the whole installation. Of several that came since the last round it is the
// last one.
func (s *Service) TellEnds(ctx context.Context) error {
	now := s.Clock.Now()
	due, err := s.View.Ending(ctx, now, warnAtOnce)
	return s.each(ctx, due, err, func(ctx context.Context, d Domain) error {
		if d.State != Verified || d.WarnAt == nil || d.WarnAt.After(now) || d.Certificate == nil {
			return nil // another process was first
		}
		days, come := reached(*d.Certificate, now)
		d.WarnAt = nextEnding(*d.Certificate, now)
		if !come {
			return s.Store.Save(ctx, d)
		}
		if days == 0 {
			return s.keepCertificate(ctx, d, "gateway-domain.certificate_ended", *d.Certificate, nil)
		}
		return s.keepCertificate(ctx, d, "gateway-domain.certificate_ending", *d.Certificate, map[string]any{"days": days})
	})
}

// each does something with domains that are due, as they are in a transaction of their own.
func (s *Service) each(ctx context.Context, due []Domain, err error, do func(ctx context.Context, d Domain) error) error {
	if err != nil {
		return err
	}
	for _, one := range due {
		tenant := one.Scope.Tenant
		err := s.note(kernel.WithActor(ctx, kernel.System("gateway", tenant)), tenant, one.Name, func(ctx context.Context, d Domain) error {
			if d.Record != one.Record {
				return nil
			}
			return do(ctx, d)
		})
		if err != nil && !kernel.Is(err, kernel.NotFound) && !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return nil
}

// LookAgain looks whether the records of some proven domains are there still, each once a
// day, and tells of those that have been gone for days. It takes no proof away.
func (s *Service) LookAgain(ctx context.Context) error {
	now := s.Clock.Now()
	due, err := s.View.Unlooked(ctx, now, lookAtOnce)
	if err != nil {
		return err
	}
	for _, one := range due {
		texts, failed := s.Resolver.TXT(ctx, one.Record.Name)
		if err := ctx.Err(); err != nil {
			return err //nolint:wrapcheck // it was told to end
		}
		found := slices.Contains(texts, one.Record.Value)
		err := s.each(ctx, []Domain{one}, nil, func(ctx context.Context, d Domain) error {
			if d.State != Verified || d.Proof == nil || d.LookAt == nil || d.LookAt.After(now) {
				return nil // another process was first
			}
			return s.looked(ctx, d, now, found, failed != nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// looked notes what a look has found; one that failed says nothing of the record.
func (s *Service) looked(ctx context.Context, d Domain, now time.Time, found, failed bool) error {
	next := now.Add(lookEvery)
	d.LookAt = &next
	if d.Proof.Method != ByDNS {
		d.LookAt = nil
		return s.Store.Save(ctx, d)
	}
	tell := false
	switch p := d.Proof; {
	case failed:
	case found:
		p.MissingSince, p.MissingTold = nil, false
	case p.MissingSince == nil:
		p.MissingSince = &now
	case !p.MissingTold && now.Sub(*p.MissingSince) >= missingLong:
		p.MissingTold, tell = true, true
	}
	if err := s.Store.Save(ctx, d); err != nil || !tell {
		return err
	}
	return s.record(ctx, d, "gateway-domain.record_missing", map[string]any{"since": d.Proof.MissingSince.UTC()})
}

// Warnings are what is to be seen to of a domain, in words.
func (s *Service) Warnings(d Domain) (out []string) {
	now := s.Clock.Now()
	if d.State == Revoked && d.Revocation != nil {
		out = append(out, "its proof was taken back: "+d.Revocation.Reason)
	}
	if p := d.Proof; p != nil && p.MissingTold {
		out = append(out, fmt.Sprintf("its record has been missing since %s: put it back, TXT %s at %s", p.MissingSince.UTC().Format(time.DateOnly), d.Record.Value, d.Record.Name))
	}
	switch c := d.Certificate; {
	case c == nil:
	case !now.Before(c.NotAfter):
		out = append(out, "its certificate ended on "+c.NotAfter.UTC().Format(stamp))
	case c.NotAfter.Sub(now) <= endsSoon:
		out = append(out, "its certificate ends soon, on "+c.NotAfter.UTC().Format(stamp))
	}
	if c := d.Certificate; c != nil && c.Alone {
		out = append(out, "its certificate came without that of its issuer, "+c.Issuer+": clients refuse the hosts unless they trust that one itself; give the whole chain")
	}
	return out
}

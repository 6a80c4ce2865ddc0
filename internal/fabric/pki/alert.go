package pki

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// AlertEvery is how often it is looked which certificates end soon.
	AlertEvery = time.Minute
	// toldAtOnce is how many are looked at in one go.
	toldAtOnce = 200
	// levelOver is that of a certificate that has ended, and of those of which nothing is told.
	levelOver = 4
)

// nearness is how long before its end something is told, with its level.
type nearness struct {
	level int64
	days  int
}

func nearnesses() []nearness { return []nearness{{1, 30}, {2, 7}, {3, 1}, {levelOver, 0}} }

func (n nearness) before() time.Duration { return time.Duration(n.days) * 24 * time.Hour }

// Alert tells of certificates that end in 30, in 7 and in 1 days, and of those that have
// ended, once each: unless there is a later one for the same names, or it lived for less than
// twice that time at all. Those that the gateway makes at handshakes, and
// those of domains, are none of them.
func (s *Service) Alert(ctx context.Context) error {
	ctx = s.asPlatform(ctx)
	all := nearnesses()
	for i := range all {
		if err := s.alert(ctx, all[len(all)-1-i]); err != nil { // the nearest is told alone
			return err
		}
	}
	return s.alertAuthorities(ctx)
}

func (s *Service) alert(ctx context.Context, n nearness) error {
	now := s.Clock.Now()
	for {
		due, err := s.Alerts.Ending(ctx, now.Add(n.before()), n.level, toldAtOnce)
		if err != nil {
			return err
		}
		for _, e := range due {
			if err := s.alertOf(ctx, e, n); err != nil {
				return err
			}
		}
		if len(due) < toldAtOnce {
			return nil
		}
	}
}

func (s *Service) alertOf(ctx context.Context, e Entry, n nearness) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		first, err := s.Alerts.Tell(ctx, e.ID, n.level)
		if err != nil || !first || e.NotAfter.Sub(e.NotBefore) < 2*n.before() {
			return err
		}
		if replaced, err := s.Alerts.Replaced(ctx, e); err != nil || replaced {
			return err
		}
		if n.level == levelOver {
			return s.tell(ctx, e, "certificate.expired", "")
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "certificate.expiring", Scope: e.Holder.Scope, Subject: e.ID, Data: map[string]any{
			"serial": e.Serial, "names": e.Names, "kind": string(e.Holder.Kind), "name": e.Holder.Name, "issuer": e.IssuerName, "notAfter": e.NotAfter, "days": n.days,
		}})
	})
}

// alertAuthorities tells of authorities that end and that Terrace cannot replace by itself.
func (s *Service) alertAuthorities(ctx context.Context) error {
	all, err := s.Authorities.All(ctx)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	for _, c := range all {
		if c.State != CAActive || c.Kind == CADomains || s.mayReplace(all, c) {
			continue
		}
		level := int64(0)
		for _, n := range nearnesses() {
			if !now.Add(n.before()).Before(c.Cert.NotAfter) {
				level = n.level
			}
		}
		if level <= c.Told {
			continue
		}
		if err := s.inTurn(ctx, func(ctx context.Context, all []CA) error { return s.tellNear(ctx, all, c.ID, level) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellNear(ctx context.Context, all []CA, id string, level int64) error {
	for _, c := range all {
		if c.ID != id || c.Told >= level {
			continue
		}
		c.Told = level
		if err := s.Authorities.Save(ctx, c); err != nil {
			return err
		}
		return s.tellOf(ctx, c, "certificate-authority.expiring")
	}
	return nil
}

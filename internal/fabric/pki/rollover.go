package pki

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const (
	// MinNotice is how long the next authority is trusted at least before it signs: every
	// process has read it by then.
	MinNotice = 10 * time.Second
	// DefaultNotice is how long it is where nothing is said.
	DefaultNotice = time.Hour
	// MaxNotice is how long it is at most.
	MaxNotice = 90 * 24 * time.Hour
)

// Rotation says how the next generation takes its place.
type Rotation struct {
	// Workloads has another key sign for workloads, at once; else there are another root and
	// intermediate for the zones.
	Workloads bool
	// Distrust ends the trust in the keys before, at once. It is for keys of workloads.
	Distrust bool
	// Notice is how long the next root is trusted before it signs; DefaultNotice where 0.
	Notice time.Duration
	// WithoutCross says that clients which trust only the root before may fail: one that was
	// adopted from a file, or whose key is elsewhere, can certify no other authority here.
	WithoutCross bool
}

// Rotate makes the next generation of authorities.
func (s *Service) Rotate(ctx context.Context, r Rotation) ([]CA, error) {
	if err := s.Authorizer.Authorize(ctx, actionAuthority, kernel.Scope{Tenant: s.Home}); err != nil {
		return nil, err
	}
	if r.Workloads {
		return s.change(ctx, func(ctx context.Context, all []CA) error { return s.rotateWorkloads(ctx, all, r.Distrust) })
	}
	if r.Notice == 0 {
		r.Notice = DefaultNotice
	}
	if r.Notice < MinNotice || r.Notice > MaxNotice {
		return nil, kernel.Errorf(kernel.Invalid, "the next root is trusted from %s to %s before it signs", MinNotice, MaxNotice).WithFix("give another time")
	}
	if r.Distrust {
		return nil, kernel.Errorf(kernel.Invalid, "a root for the zones is trusted where people have put it").WithFix("rotate without distrusting, and have clients take the new root")
	}
	return s.change(ctx, func(ctx context.Context, all []CA) error { return s.rotateRoot(ctx, all, r) })
}

// change changes authorities on the word of who runs the platform.
func (s *Service) change(ctx context.Context, do func(ctx context.Context, all []CA) error) ([]CA, error) {
	if err := s.Authorizer.Authorize(ctx, actionAuthority, kernel.Scope{Tenant: s.Home}); err != nil {
		return nil, err
	}
	if err := s.inTurn(ctx, do); err != nil {
		return nil, err
	}
	db.AfterCommit(ctx, func() { s.renew(ctx) })
	return s.Authorities.All(ctx)
}

func (s *Service) rotateRoot(ctx context.Context, all []CA, r Rotation) error {
	now := s.Clock.Now()
	if next := ofKind(all, CAIntermediate, CANext); len(next) > 0 {
		return kernel.Errorf(kernel.Conflict, "the next authority signs from %s on already", next[0].SignsAt.Format(time.RFC3339)).
			WithFix("wait for it, or take it back with: terrace ca abort")
	}
	if err := crossable(all, CA{}, r.WithoutCross); err != nil {
		return err
	}
	made, err := newRoot(s.Zones, now)
	if err != nil {
		return err
	}
	root := s.newCA(CARoot, nextGeneration(all, CARoot), CANext, made.cert, now)
	root.SignsAt = now.Add(r.Notice)
	if err := s.insert(ctx, root, made.key, "certificate-authority.rotated"); err != nil {
		return err
	}
	return s.addIntermediate(ctx, all, root, made, now)
}

// crossable refuses another root where the one of now cannot certify what lies below it.
func crossable(all []CA, next CA, withoutCross bool) error {
	for _, c := range ofKind(all, CARoot, CAActive) {
		if c.ID != next.ID && (c.direct() || c.External()) && !withoutCross {
			return kernel.Errorf(kernel.Refused, "the root of now cannot certify the next authority: clients that trust it alone would fail once that one signs").
				WithFix("have clients take both roots in the meantime, with a notice that is long enough, and say so with --without-cross-signature")
		}
	}
	return nil
}

func (s *Service) rotateWorkloads(ctx context.Context, all []CA, distrust bool) error {
	now := s.Clock.Now()
	made, err := newWorkloads(s.Zones[0], now)
	if err != nil {
		return err
	}
	for _, c := range ofKind(all, CAWorkloads, CAActive, CAFormer) {
		switch {
		case distrust:
			err = s.retire(ctx, c, now)
		case c.State == CAActive:
			c.State, c.CeasedAt = CAFormer, now
			err = s.Authorities.Save(ctx, c)
		}
		if err != nil {
			return err
		}
	}
	c := s.newCA(CAWorkloads, nextGeneration(all, CAWorkloads), CAActive, made.cert, now)
	c.Zones = s.Zones[:1]
	return s.insert(ctx, c, made.key, "certificate-authority.rotated")
}

// retire ends the trust in an authority, and destroys its key.
func (s *Service) retire(ctx context.Context, c CA, now time.Time) error {
	c.State, c.RetiredAt, c.Sealed = CARetired, now, nil
	if err := s.Authorities.Save(ctx, c); err != nil {
		return err
	}
	return s.tellOf(ctx, c, "certificate-authority.retired")
}

// Activate has the next authority sign from now on.
func (s *Service) Activate(ctx context.Context) ([]CA, error) {
	return s.change(ctx, func(ctx context.Context, all []CA) error {
		if len(ofKind(all, CAIntermediate, CANext)) == 0 {
			return kernel.Errorf(kernel.Refused, "there is no next authority").WithFix("make one with: terrace ca rotate")
		}
		return s.activate(ctx, all, s.Clock.Now())
	})
}

// activate has those that are next take the place of those that sign.
func (s *Service) activate(ctx context.Context, all []CA, now time.Time) error {
	for _, kind := range []CAKind{CARoot, CAIntermediate} {
		next := ofKind(all, kind, CANext)
		if len(next) == 0 {
			continue
		}
		for _, c := range ofKind(all, kind, CAActive) {
			c.State, c.CeasedAt = CAFormer, now
			if err := s.Authorities.Save(ctx, c); err != nil {
				return err
			}
		}
		c := next[0]
		c.State = CAActive
		if err := s.Authorities.Save(ctx, c); err != nil {
			return err
		}
		if err := s.tellOf(ctx, c, "certificate-authority.activated"); err != nil {
			return err
		}
	}
	return nil
}

// Abort takes the next authority back, or a request that was not answered, and destroys its
// key.
func (s *Service) Abort(ctx context.Context) ([]CA, error) {
	return s.change(ctx, func(ctx context.Context, all []CA) error {
		none := true
		for _, c := range all {
			if c.State != CANext && c.State != CARequested {
				continue
			}
			c.State, c.RetiredAt, c.Sealed, none = CAAborted, s.Clock.Now(), nil, false
			if err := s.Authorities.Save(ctx, c); err != nil {
				return err
			}
			if err := s.tellOf(ctx, c, "certificate-authority.aborted"); err != nil {
				return err
			}
		}
		if none {
			return kernel.Errorf(kernel.Refused, "there is no next authority").WithFix("one that signs is replaced with: terrace ca rotate")
		}
		return nil
	})
}

// All returns all authorities that there have been, the newest of each kind first.
func (s *Service) All(ctx context.Context) ([]CA, error) {
	if err := s.Authorizer.Authorize(ctx, actionAuthority, kernel.Scope{Tenant: s.Home}); err != nil {
		return nil, err
	}
	all, err := s.Authorities.All(ctx)
	if err != nil {
		return nil, err
	}
	var out []CA
	for _, kind := range CAKinds() {
		out = append(out, ofKind(all, kind)...)
	}
	return out, nil
}

package pki

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// MaintainEvery is how often it is looked whether an authority is due.
	MaintainEvery = 5 * time.Second
	// kept is how long certificates are in the inventory after their end, and removedAtOnce how
	// many are forgotten in one go.
	kept          = 90 * 24 * time.Hour
	removedAtOnce = 1000
)

// Maintain does what is due: an authority that is next begins to sign, one that is past two
// thirds of its life is replaced, and one whose last certificate has ended is retired. It is
// called at the start too, since a process may have stood still for long.
func (s *Service) Maintain(ctx context.Context) error {
	all, err := s.Authorities.All(ctx)
	if err != nil {
		return err
	}
	if due, err := s.due(ctx, all); err != nil || !due {
		return err
	}
	ctx = s.asPlatform(ctx)
	for _, step := range []func(context.Context, []CA) error{s.replaceRoot, s.beginNext, s.replaceIntermediate, s.replaceWorkloads, s.retireFormer} {
		if err := s.inTurn(ctx, step); err != nil {
			return err
		}
	}
	s.renew(ctx)
	return nil
}

// due tells whether there is anything to do.
func (s *Service) due(ctx context.Context, all []CA) (bool, error) {
	now := s.Clock.Now()
	for _, c := range all {
		switch c.State {
		case CANext:
			if !now.Before(c.SignsAt) {
				return true, nil
			}
		case CAActive:
			if s.mayReplace(all, c) && worn(c, now) {
				return true, nil
			}
		case CAFormer:
			if over, err := s.over(ctx, all, c, now); err != nil || over {
				return over, err
			}
		case CARequested, CARetired, CAAborted:
		}
	}
	return false, nil
}

// worn tells that an authority is past two thirds of its life, or would end before what it
// signs does.
func worn(c CA, now time.Time) bool {
	return c.Kind != CADomains && !now.Before(c.Cert.NotBefore.Add(c.Cert.NotAfter.Sub(c.Cert.NotBefore)*2/3))
}

// mayReplace tells that Terrace can replace an authority by itself: the root of an
// intermediate is its own, and a root can certify the next one, which is not there yet.
func (s *Service) mayReplace(all []CA, c CA) bool {
	switch c.Kind {
	case CAIntermediate:
		for _, root := range ofKind(all, CARoot, CAActive) {
			// One that has as much life as its root is replaced together with it.
			return root.ID == c.Parent && !root.External() && root.Cert.NotAfter.After(c.Cert.NotAfter)
		}
		return false
	case CARoot:
		return !c.External() && len(ofKind(all, CARoot, CANext)) == 0
	case CAWorkloads:
		return true
	case CADomains:
	}
	return false
}

func (s *Service) beginNext(ctx context.Context, all []CA) error {
	now := s.Clock.Now()
	if next := ofKind(all, CAIntermediate, CANext); len(next) == 0 || now.Before(next[0].SignsAt) {
		return nil
	}
	return s.activate(ctx, all, now)
}

// replaceRoot makes the next root in time. One that cannot certify the next has clients take
// that one for as long as there is.
func (s *Service) replaceRoot(ctx context.Context, all []CA) error {
	now := s.Clock.Now()
	for _, c := range ofKind(all, CARoot, CAActive) {
		if !s.mayReplace(all, c) || !worn(c, now) {
			continue
		}
		notice := DefaultNotice
		if left := c.Cert.NotAfter.Sub(now) - MaxLeafLife; c.direct() && left > notice {
			notice = left
		}
		if !now.Before(c.Cert.NotAfter) {
			notice = 0 // nothing holds any more: there is nothing to wait for
		}
		return s.rotateRoot(ctx, all, Rotation{Notice: notice, WithoutCross: true})
	}
	return nil
}

func (s *Service) replaceIntermediate(ctx context.Context, all []CA) error {
	now := s.Clock.Now()
	for _, c := range ofKind(all, CAIntermediate, CAActive) {
		if !s.mayReplace(all, c) || !worn(c, now) {
			continue
		}
		root := ofKind(all, CARoot, CAActive)[0]
		key, err := s.unseal(ctx, root)
		if err != nil {
			return err
		}
		c.State, c.CeasedAt = CAFormer, now
		if err := s.Authorities.Save(ctx, c); err != nil {
			return err
		}
		return s.addIntermediate(ctx, all, root, keyed{root.Cert, key}, now)
	}
	return nil
}

func (s *Service) replaceWorkloads(ctx context.Context, all []CA) error {
	for _, c := range ofKind(all, CAWorkloads, CAActive) {
		if worn(c, s.Clock.Now()) {
			return s.rotateWorkloads(ctx, all, false)
		}
	}
	return nil
}

func (s *Service) retireFormer(ctx context.Context, all []CA) error {
	now := s.Clock.Now()
	for _, c := range ofKind(all, CAIntermediate, CAFormer) {
		if err := s.retireIfOver(ctx, all, c, now); err != nil {
			return err
		}
	}
	all, err := s.Authorities.All(ctx) // roots follow what lies below them
	if err != nil {
		return err
	}
	for _, kind := range []CAKind{CARoot, CAWorkloads} {
		for _, c := range ofKind(all, kind, CAFormer) {
			if err := s.retireIfOver(ctx, all, c, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) retireIfOver(ctx context.Context, all []CA, c CA, now time.Time) error {
	if over, err := s.over(ctx, all, c, now); err != nil || !over {
		return err
	}
	return s.retire(ctx, c, now)
}

// over tells that the last certificate that an authority has signed has ended. A process that
// the database was away from may have gone on signing unseen for as long as one lives.
func (s *Service) over(ctx context.Context, all []CA, c CA, now time.Time) (bool, error) {
	if !now.Before(c.Cert.NotAfter) {
		return true, nil
	}
	for _, below := range ofKind(all, CAIntermediate, CANext, CAActive, CAFormer) {
		if below.Parent == c.ID {
			return false, nil
		}
	}
	last, err := s.Inventory.Ends(ctx, c.ID)
	if err != nil {
		return false, err
	}
	if unseen := c.CeasedAt.Add(s.LeafLife); unseen.After(last) {
		last = unseen
	}
	return !now.Before(last), nil
}

// Tidy forgets certificates that ended long ago.
func (s *Service) Tidy(ctx context.Context) error {
	before := s.Clock.Now().Add(-kept)
	for {
		n, err := s.Inventory.Remove(ctx, before, removedAtOnce)
		if err != nil || n < removedAtOnce {
			return err
		}
	}
}

// Prepared tells that a control plane has made the authorities.
func (s *Service) Prepared() error {
	_, err := s.authority.signer()
	if kernel.Is(err, kernel.Unavailable) {
		return err
	}
	return nil
}

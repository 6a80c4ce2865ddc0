package provider

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Counts refuses an access token that counts at no API: with Unauthenticated where it is
// none, has expired or its session has ended, and with Denied where whom it stands for is
// kept out: disabled, gone, or of a tenant that nobody works in. After any other error it is
// not known whether it counts.
func (s *Service) Counts(ctx context.Context, bearer string) error {
	t, err := s.token(ctx, bearer)
	if err != nil {
		return err
	}
	return s.admits(ctx, t.Tenant, t.Subject)
}

// Lasts refuses a person whom an ID token named when they signed in elsewhere: with
// Unauthenticated where that session was ended since, and else as Counts does. A session
// whose time is over, without having been ended, lasts where it was given to.
func (s *Service) Lasts(ctx context.Context, tenant, subject, session string) error {
	known, err := s.look(ctx)
	if err != nil {
		return err
	}
	_, over := known.ended[session]
	if !over {
		if over, err = s.endedBefore(ctx, session); err != nil {
			return err
		}
	}
	if over {
		return notValid("its session has ended")
	}
	return s.admits(ctx, tenant, subject)
}

// admits refuses who may not act.
func (s *Service) admits(ctx context.Context, tenant, subject string) error {
	_, err := s.Users.Acting(ctx, tenant, subject)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Unauthenticated) {
		return kernel.Errorf(kernel.Denied, "whom the token stands for may not sign in: %w", err)
	}
	return err
}

// endedBefore tells whether a session has ended, also so long ago that it is not among what
// is known: it is asked for when nobody has for so long.
func (s *Service) endedBefore(ctx context.Context, id string) (bool, error) {
	now := s.Clock.Now()
	if id == "" || s.asked.since(id, now) < MaxTokenLife {
		return false, nil
	}
	n, err := s.Store.Session(ctx, id)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return false, err
	}
	if !n.EndedAt.IsZero() {
		return true, nil
	}
	s.asked.note(id, now)
	return false, nil
}

// maxAsked bounds of how many sessions it is remembered when they were asked for.
const maxAsked = 20_000

// asked remembers when sessions were asked for that had not ended. It forgets all when it
// is full.
type asked struct {
	mu sync.Mutex
	at map[string]time.Time
}

// since is how long ago that was; for one that was not, as long as can be.
func (a *asked) since(id string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, ok := a.at[id]
	if age := now.Sub(at); ok && age >= 0 {
		return age
	}
	return 1<<63 - 1
}

func (a *asked) note(id string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at == nil || len(a.at) >= maxAsked {
		a.at = map[string]time.Time{}
	}
	a.at[id] = now
}

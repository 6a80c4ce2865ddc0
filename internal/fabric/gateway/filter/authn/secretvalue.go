package authn

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

const (
	// readAgain is how long the value of a secret is used before it is looked whether
	// there is a newer one; a request waits for the first one as long as waitSecret.
	readAgain  = time.Minute
	readWithin = 10 * time.Second
	waitSecret = 2 * time.Second
)

// secretValue is the value of a reference, read in the background: versions that are
// known are not read again, so that the audit log has one read each.
type secretValue struct {
	kind  *Kind
	scope kernel.Scope
	ref   secretref.Reference

	mu      sync.Mutex
	value   string
	version int
	looked  time.Time
	asking  chan struct{}
}

func (s *secretValue) begin() { s.look(s.kind.Clock.Now()) }

// get returns the value; a request waits for the first one alone.
func (s *secretValue) get(ctx context.Context) (string, bool) {
	going := s.look(s.kind.Clock.Now())
	if value, ok := s.known(); ok || going == nil {
		return value, ok
	}
	timer := time.NewTimer(waitSecret)
	defer timer.Stop()
	select {
	case <-going:
	case <-timer.C:
	case <-ctx.Done():
	}
	return s.known()
}

func (s *secretValue) known() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.version > 0 && s.value != ""
}

// look begins to look for a newer value where the last look is long ago.
func (s *secretValue) look(now time.Time) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking != nil {
		return s.asking
	}
	if since := now.Sub(s.looked); !s.looked.IsZero() && since >= 0 && since < readAgain {
		return nil
	}
	going := make(chan struct{})
	s.looked, s.asking = now, going
	s.kind.background(readWithin, func(ctx context.Context) {
		err := s.read(ctx)
		s.mu.Lock()
		s.asking = nil
		if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Denied) {
			s.value, s.version = "", 0 // it was taken away, not out of reach
		}
		s.mu.Unlock()
		close(going)
		if err != nil {
			s.kind.Log.WarnContext(ctx, "a secret of an authentication policy cannot be read", "scope", s.scope.String(), "reference", s.ref.String(), "error", err)
		}
	})
	return going
}

func (s *secretValue) read(ctx context.Context) error {
	ctx = secretref.ReadFor(kernel.WithActor(ctx, kernel.System("gateway", s.scope.Tenant)), "authentication policy")
	version, err := s.kind.Secrets.Check(ctx, s.scope, s.ref)
	if err != nil {
		return err //nolint:wrapcheck // it names the secret
	}
	s.mu.Lock()
	same := version == s.version
	s.mu.Unlock()
	if same {
		return nil
	}
	value, version, err := s.kind.Secrets.Resolve(ctx, s.scope, s.ref)
	if err != nil {
		return err //nolint:wrapcheck // it names the secret
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.version = strings.TrimSpace(value), version
	return nil
}

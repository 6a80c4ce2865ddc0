package config

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// heard wakes who waits for the configuration of a project.
type heard struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
}

// next returns what is closed when a project's configuration is heard of next.
func (h *heard) next(scope kernel.Scope) <-chan struct{} {
	key := scope.Tenant + "/" + scope.Project
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting[key] == nil {
		h.waiting[key] = make(chan struct{})
	}
	return h.waiting[key]
}

// Heard tells who watches a project's configuration that it, or a secret of it, may have
// changed, here or in another daemon.
func (s *Service) Heard(scope kernel.Scope) {
	key := scope.Tenant + "/" + scope.Project
	s.heard.mu.Lock()
	defer s.heard.mu.Unlock()
	if ch := s.heard.waiting[key]; ch != nil {
		close(ch)
		delete(s.heard.waiting, key)
	}
}

// Concerns reports whether a fact may have changed what workloads get: one of configuration
// itself, or of a secret that they may refer to.
func Concerns(fact string) bool {
	if name, ok := strings.CutPrefix(fact, "secret."); ok {
		switch name {
		case "changed", "deleted", "version_deleted", "version_undeleted", "version_destroyed":
			return true
		}
		return false
	}
	switch fact {
	case "config.secrets-delivered", "config.unavailable":
		return false
	}
	return strings.HasPrefix(fact, "config.")
}

// The bounds of watching.
const (
	// maxWatchers is how many may watch with one token at once in one daemon.
	maxWatchers = 100
	// alive is how often a stream says that it is.
	alive = 15 * time.Second
)

type watchers struct {
	mu sync.Mutex
	of map[string]int
}

func (w *watchers) begin(token string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[token] >= maxWatchers {
		return kernel.Errorf(kernel.Refused, "%d watch with this token already", maxWatchers).WithFix("give each replica one stream, or make another token")
	}
	w.of[token]++
	return nil
}

func (w *watchers) end(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[token]--; w.of[token] == 0 {
		delete(w.of, token)
	}
}

// Watcher is one stream of deliveries.
type Watcher struct {
	service *Service
	token   Token
	last    string
}

// Follow begins to watch with the token that the actor of ctx came by; last is the ETag
// that it knows, empty for none.
func (s *Service) Follow(ctx context.Context, last string) (*Watcher, error) {
	t, err := s.bearerOfAll(ctx)
	if err != nil {
		return nil, err
	}
	return &Watcher{service: s, token: t, last: last}, s.watchers.begin(t.ID)
}

// Run sends each delivery that is another one than the last, the first at once where it
// is not known; nil says that the stream is alive. It ends with ctx, or with the token.
func (w *Watcher) Run(ctx context.Context, send func(d *Delivery) error) error {
	defer w.service.watchers.end(w.token.ID)
	timer := time.NewTicker(alive)
	defer timer.Stop()
	for {
		heard := w.service.heard.next(w.token.Scope) // before looking: what comes meanwhile is not missed
		if err := w.service.stillOpens(ctx, w.token); err != nil {
			return err
		}
		d, err := w.service.deliver(ctx, w.token, func(tag string) bool { return tag == w.last })
		switch {
		case err == nil && d.ETag != w.last:
			if err := send(&d); err != nil {
				return err
			}
			w.last = d.ETag
		case err != nil && ctx.Err() == nil && !passing(err):
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-heard:
		case <-timer.C:
			if err := send(nil); err != nil {
				return err
			}
		}
	}
}

// passing reports whether an error may be gone later: a secret, or the first revision.
func passing(err error) bool {
	return kernel.Is(err, kernel.Unavailable) || kernel.Is(err, kernel.NotFound)
}

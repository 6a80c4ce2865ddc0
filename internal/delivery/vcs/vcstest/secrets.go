package vcstest

import (
	"context"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Secrets are versions of one secret, hook/token of the stage dev, which admins may read.
type Secrets struct {
	mu       sync.Mutex
	versions []string
	closed   bool
	reads    int
	origin   string
}

// Put makes another version.
func (s *Secrets) Put(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions = append(s.versions, value)
}

// Shut lets nobody read any more.
func (s *Secrets) Shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// Reads returns how often a value was read.
func (s *Secrets) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Origin returns what the last read was for.
func (s *Secrets) Origin() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.origin
}

// Locate takes the stage from the name.
func (s *Secrets) Locate(of kernel.Scope, r secretref.Reference) (kernel.Scope, secretref.Reference, error) {
	stage, name, ok := strings.Cut(r.Name, "/")
	if !ok {
		return of, r, kernel.Errorf(kernel.Invalid, "%s names no stage", r)
	}
	r.Name = name
	return of.InStage(stage), r, nil
}

// Check goes by the name of who asks.
func (s *Secrets) Check(ctx context.Context, scope kernel.Scope, r secretref.Reference) (version int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Name != "admin" || s.closed {
		return 0, kernel.Errorf(kernel.Denied, "%s may not read secrets", actor.Name)
	}
	if scope.Stage != "dev" || r.Name != "hook/token" || len(s.versions) == 0 {
		return 0, kernel.Errorf(kernel.NotFound, "secret %s does not exist", r.Name)
	}
	return len(s.versions), nil
}

// Resolve returns the newest value.
func (s *Secrets) Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error) {
	if version, err = s.Check(ctx, scope, r); err != nil {
		return "", 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	s.origin = secretref.Origin(ctx)
	return s.versions[version-1], version, nil
}

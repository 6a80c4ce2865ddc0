package local

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// overlap is how long the password before still opens what another one does: who was
// started with it goes on until its successor serves.
const overlap = time.Hour

// credentialed are the kinds whose objects have a password of their own.
func credentialed() []Kind {
	return []Kind{Caches, MySQLDatabases, DocumentDatabases, TopicsKind, Configs}
}

// rotated are those of them that take two passwords at once, so that nobody is cut off
// when one becomes old.
func rotated(k Kind) bool {
	return k == Caches || k == MySQLDatabases || k == DocumentDatabases
}

// passwords are those that an object takes: the one that its secret has, made when missing,
// and for the overlap the one before.
func passwords(ctx context.Context, c Config, of Key) ([]string, error) {
	name := passwordName(of)
	current, err := ensurePassword(ctx, c.Secrets, of, name)
	if err != nil {
		return nil, err
	}
	info, err := c.Secrets.Describe(ctx, of.Scope, name)
	if err != nil {
		return nil, err
	}
	if info.Version < 2 || !c.Clock.Now().Before(info.Since.Add(overlap)) {
		return []string{current}, nil
	}
	former, err := reveal(ctx, c.Secrets, of.Scope, of.String(), secretref.Reference{Name: name, Version: info.Version - 1})
	if err != nil || former == current { // it was destroyed: then nobody is to have it
		return []string{current}, nil //nolint:nilerr // the one that counts is there
	}
	return []string{current, former}, nil
}

// passwordOf returns the objects whose password a secret may be.
func passwordOf(scope kernel.Scope, secret string) (keys []Key) {
	for _, kind := range credentialed() {
		k := Key{Scope: scope, Kind: kind}
		if name, ok := strings.CutSuffix(secret, passwordName(k)); ok && isName(name) {
			k.Name = name
			keys = append(keys, k)
		}
	}
	return keys
}

// takePassword has what a secret is the password of take its value, before anybody is started
// with it.
func (s *Service) takePassword(ctx context.Context, scope kernel.Scope, secret string) error {
	var errs []error
	for _, k := range passwordOf(scope, secret) {
		errs = append(errs, s.takeOne(ctx, k))
	}
	return errors.Join(errs...)
}

func (s *Service) takeOne(ctx context.Context, k Key) error {
	unlock, err := s.locks.lock(ctx, k)
	if err != nil {
		return err
	}
	defer unlock()
	o, err := s.recorded(ctx, k)
	if o == nil || err != nil {
		return err
	}
	p, err := s.plane(k.Kind)
	if err != nil {
		return err
	}
	made, err := p.apply(kernel.WithActor(ctx, kernel.System(component, k.Scope.Tenant)), k, o.Spec, o)
	if err == nil {
		made.finish(true)
	}
	return err
}

// serves reports whether objects of a kind are servers with a certificate.
func serves(k Kind) bool { return k == Caches || k == MySQLDatabases }

// TendCredentials rotates passwords that have become old, has those that were replaced open
// nothing any more once the overlap is over, and renews certificates of servers. What cannot be done now is done the next
// time.
func (s *Service) TendCredentials(ctx context.Context) error {
	var errs []error
	err := s.config.Store.Keys(ctx, func(k Key) error {
		if rotated(k.Kind) {
			errs = append(errs, s.tend(ctx, k))
		}
		return ctx.Err()
	})
	return errors.Join(append(errs, err)...)
}

func (s *Service) tend(ctx context.Context, k Key) error {
	info, err := s.config.Secrets.Describe(ctx, k.Scope, passwordName(k))
	if kernel.Is(err, kernel.NotFound) {
		return nil // it is being made, or removed
	}
	if err != nil {
		return err
	}
	age := s.config.Clock.Now().Sub(info.Since)
	if life := s.config.CredentialLife; life > 0 && age >= life {
		_, err := s.config.Secrets.Rotate(kernel.WithActor(ctx, kernel.System(component, k.Scope.Tenant)), k.Scope, passwordName(k))
		return err // whoever it concerns is told as of any secret that changes
	}
	over := info.Version > 1 && age >= overlap && s.settle(k, info.Version)
	if !over && (s.config.Certificates == nil || !serves(k.Kind)) {
		return nil
	}
	return s.takeOne(ctx, k)
}

// settled are the versions of passwords whose predecessors open nothing any more.
type settled struct {
	sync.Mutex

	versions map[Key]int
}

// settle reports whether the password before a version has not been ended by this process.
func (s *Service) settle(k Key, version int) bool {
	s.settled.Lock()
	defer s.settled.Unlock()
	if s.settled.versions[k] == version {
		return false
	}
	s.settled.versions[k] = version
	return true
}

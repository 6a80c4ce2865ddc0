package local

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretChanged starts the services that refer to the secret anew, each beside
// the version that serves, so that they get its new value; what it is the password of takes
// it first, beside the one before. It returns at once. A
// daemon that dies meanwhile starts them with the new value when it comes back.
func (s *Service) SecretChanged(scope kernel.Scope, name string) {
	if s.ctx.Err() != nil {
		return
	}
	s.background.Go(func() {
		if err := s.takePassword(s.ctx, scope, name); err != nil && s.ctx.Err() == nil {
			s.config.Log.Error("what a password opens does not take its new value yet", "secret", name, "scope", scope.String(), "error", err)
			return
		}
		if err := s.renewUsers(s.ctx, scope, name); err != nil && s.ctx.Err() == nil {
			s.config.Log.Error("services may still have the former value of a secret", "secret", name, "scope", scope.String(), "error", err)
		}
	})
}

func (s *Service) renewUsers(ctx context.Context, scope kernel.Scope, name string) error {
	var page kernel.PageRequest
	for {
		objects, err := s.config.Store.List(ctx, scope, Services, kernel.Reach{All: true}, page)
		if err != nil {
			return err
		}
		for _, o := range objects.Items {
			if secretref.Follows(string(o.Spec), name) {
				if err := s.renew(ctx, o.Key, name); err != nil {
					return err
				}
			}
		}
		if page.Cursor = objects.Next; page.Cursor == "" {
			return nil
		}
	}
}

// renew starts the service as it is recorded now, if it still is. What keeps it
// from starting is in its log, and the version that serves goes on.
func (s *Service) renew(ctx context.Context, k Key, secret string) error {
	unlock, err := s.locks.lock(ctx, k)
	if err != nil {
		return err
	}
	defer unlock()
	o, err := s.recorded(ctx, k)
	if o == nil || err != nil {
		return err
	}
	return s.services.renew(kernel.WithActor(ctx, kernel.System(component, k.Scope.Tenant)), *o, secret)
}

func (p *servicePlane) renew(ctx context.Context, o Object, secret string) error {
	spec, err := decode[serviceSpec](o.Key, o.Spec)
	if err != nil {
		return err
	}
	r, ok := p.find(o.Key)
	if !ok {
		return nil // it is brought back with the new value
	}
	old := r.instance()
	if old == nil {
		return nil
	}
	r.log.Printf("the secret %s has another value: the service is started anew", secret)
	ctx, cancel := context.WithTimeout(ctx, spec.startTimeout())
	defer cancel()
	made, err := p.next(ctx, r, old, spec, old.digest, nil)
	if err != nil {
		r.log.Printf("it could not be started with the new value, and goes on with the one before: %v", err)
		return nil //nolint:nilerr // told where its developers look
	}
	made.finish(true)
	return nil
}

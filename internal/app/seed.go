package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// shipped gives tenants the modules and definitions that come with Terrace, for the
// targets and runtimes that there are stages of; the target local is always there.
type shipped struct {
	tenants interface {
		Names(ctx context.Context) ([]string, error)
	}
	stages interface{ All() []stage.Stage }
	// publish gives a tenant the modules and definitions of a tree.
	publish func(ctx context.Context, scope kernel.Scope, tree iac.Tree) error
	log     *slog.Logger

	mu sync.Mutex
	// owed are the tenants that did not get them when they were made.
	owed map[string]bool
}

func newShipped(p *platform, acc *access, d *delivery) *shipped {
	publish := func(ctx context.Context, scope kernel.Scope, tree iac.Tree) error {
		_, err := d.modules.SeedTree(ctx, scope, tree.System, tree.Files)
		return err
	}
	return &shipped{tenants: acc.tenants, stages: d.stages, publish: publish, log: p.log, owed: make(map[string]bool)}
}

// all gives every tenant what it does not have.
func (s *shipped) all(ctx context.Context) error {
	names, err := s.tenants.Names(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := s.give(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Seed implements tenant.Shipped: a tenant that does not get it now gets it in a later
// round, since it is there already, and its first password is told once.
func (s *shipped) Seed(ctx context.Context, tenant string) {
	err := s.give(context.WithoutCancel(ctx), tenant)
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.owed, tenant); err != nil {
		s.owed[tenant] = true
		s.log.ErrorContext(ctx, "a new tenant has not got all that comes with Terrace; it is tried again", "tenant", tenant, "error", err)
	}
}

// again gives what is owed.
func (s *shipped) again(ctx context.Context) error {
	s.mu.Lock()
	owed := slices.Sorted(maps.Keys(s.owed))
	s.mu.Unlock()
	var errs []error
	for _, tenant := range owed {
		err := s.give(ctx, tenant)
		if err == nil {
			s.mu.Lock()
			delete(s.owed, tenant)
			s.mu.Unlock()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *shipped) give(ctx context.Context, tenant string) error {
	targets, runtimes := map[string]bool{stage.TargetLocal: true}, map[string]bool{}
	for _, st := range s.stages.All() {
		targets[st.Target], runtimes[st.Runtime] = true, true
	}
	var trees []iac.Tree
	for target := range targets {
		trees = append(trees, iac.Trees(target, "")...)
	}
	for runtime := range runtimes {
		trees = append(trees, iac.Trees("", runtime)...)
	}
	for _, tree := range trees {
		if err := s.publish(ctx, kernel.Scope{Tenant: tenant}, tree); err != nil {
			return err
		}
	}
	return nil
}

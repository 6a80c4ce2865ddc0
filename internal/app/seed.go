package app

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/internal/delivery/module/modulesql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// shipped gives tenants the modules and definitions that come with Terrace, for the
// targets and runtimes that there are stages of; the target local is always there. A tenant
// that has all of it is marked with its digest, and not looked at again before that changes.
// The others get it one after the other beside all else, or when somebody works with them.
type shipped struct {
	tenants interface {
		Names(ctx context.Context) ([]string, error)
		Resting(ctx context.Context) (map[string]bool, error)
	}
	stages interface{ All() []stage.Stage }
	// publish gives a tenant the modules and definitions of a tree.
	publish func(ctx context.Context, scope kernel.Scope, tree iac.Tree) error
	marks   interface {
		Of(ctx context.Context, tenant string) (kernel.Digest, error)
		With(ctx context.Context, digest kernel.Digest) (map[string]bool, error)
		Mark(ctx context.Context, tenant string, digest kernel.Digest) error
	}
	log *slog.Logger

	flight singleflight.Group
	turn   chan struct{}

	mu sync.Mutex
	// known are the digests of what tenants have, as far as this process has looked.
	known map[string]kernel.Digest
	// digests are those of trees, by the target or runtime that they are of.
	digests map[string]string
	// settled is the digest of what all have, "" where somebody is known to lack something.
	settled kernel.Digest
}

// shipment is all that tenants are given, with its digest.
type shipment struct {
	trees  []iac.Tree
	digest kernel.Digest
}

func newShipped(p *platform, acc *access, d *delivery) *shipped {
	publish := func(ctx context.Context, scope kernel.Scope, tree iac.Tree) error {
		_, err := d.modules.SeedTree(ctx, scope, tree.System, tree.Files)
		return err
	}
	return &shipped{
		tenants: acc.tenants, stages: d.stages, publish: publish, marks: modulesql.NewStore(p.db).Seeded(), log: p.log,
		turn: make(chan struct{}, 1), known: map[string]kernel.Digest{}, digests: map[string]string{},
	}
}

// Watch gives every tenant what it lacks, at once and after each change.
func (s *shipped) Watch(ctx context.Context) error {
	for {
		if err := s.all(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "not everybody has all that comes with Terrace; it is tried again", "error", err)
		}
		wait := time.NewTimer(supervise.Beat(time.Minute))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-s.turn:
			wait.Stop()
		case <-wait.C:
		}
	}
}

// changed has what is given looked at again, since there are other stages; it does not wait.
func (s *shipped) changed(context.Context) error {
	s.mu.Lock()
	s.settled = ""
	s.mu.Unlock()
	select {
	case s.turn <- struct{}{}:
	default: // it will be looked at anyway
	}
	return nil
}

// Seed implements tenant.Shipped: a tenant that does not get it now gets it in a later
// round, since it is there already, and its first password is told once.
func (s *shipped) Seed(ctx context.Context, tenant string) {
	want, err := s.shipment()
	if err == nil {
		err = s.give(context.WithoutCancel(ctx), tenant, want)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "a new tenant has not got all that comes with Terrace; it is tried again", "tenant", tenant, "error", err)
		_ = s.changed(ctx) // it never fails
	}
}

// Ready implements module.Ready: a tenant that has not got it gets it now, before others.
func (s *shipped) Ready(ctx context.Context, tenant string) error {
	want, err := s.shipment()
	if err != nil {
		return err
	}
	has, err := s.has(ctx, tenant, want.digest)
	if err != nil || has {
		return err
	}
	if db.InTransaction(ctx) { // others would wait for it, or it would be undone
		_ = s.changed(ctx) // it never fails
		return kernel.Errorf(kernel.Unavailable, "the tenant %s is being given the modules that come with Terrace", tenant).WithFix("try again in a moment")
	}
	names, err := s.tenants.Names(ctx)
	if err != nil || !slices.Contains(names, tenant) {
		return err
	}
	done := s.flight.DoChan(tenant+" "+string(want.digest), func() (any, error) {
		return nil, s.give(context.WithoutCancel(ctx), tenant, want)
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case got := <-done:
		if got.Err != nil {
			return fmt.Errorf("the modules that come with Terrace, for the tenant %s: %w", tenant, got.Err)
		}
		return nil
	}
}

// all gives every tenant that somebody works in what it does not have, in no order, so that
// several daemons do not do the same. Whom it fails for keeps nobody else from it.
func (s *shipped) all(ctx context.Context) error {
	want, err := s.shipment()
	if err != nil {
		return err
	}
	s.mu.Lock()
	settled := s.settled == want.digest
	s.settled = want.digest // whoever knows of a lack meanwhile says so
	s.mu.Unlock()
	if settled {
		return nil
	}
	lack, err := s.lacking(ctx, want.digest)
	failed := 0
	for _, tenant := range lack {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if one := s.Ready(ctx, tenant); one != nil {
			failed++
			err = fmt.Errorf("%d of %d tenants: %w", failed, len(lack), one)
		}
	}
	if err != nil {
		s.mu.Lock()
		s.settled = ""
		s.mu.Unlock()
	}
	return err
}

// lacking returns the tenants that are not marked with a digest.
func (s *shipped) lacking(ctx context.Context, digest kernel.Digest) ([]string, error) {
	names, err := s.tenants.Names(ctx)
	if err != nil {
		return nil, err
	}
	resting, err := s.tenants.Resting(ctx)
	if err != nil {
		return nil, err
	}
	have, err := s.marks.With(ctx, digest)
	if err != nil {
		return nil, err
	}
	lack := slices.DeleteFunc(names, func(name string) bool { return resting[name] || have[name] })
	rand.Shuffle(len(lack), func(i, j int) { lack[i], lack[j] = lack[j], lack[i] }) //nolint:gosec // nobody gains by knowing who is next
	return lack, nil
}

// has reports whether a tenant has what is marked with a digest.
func (s *shipped) has(ctx context.Context, tenant string, digest kernel.Digest) (bool, error) {
	s.mu.Lock()
	known := s.known[tenant]
	s.mu.Unlock()
	if known == digest {
		return true, nil
	}
	marked, err := s.marks.Of(ctx, tenant)
	if err != nil || marked != digest {
		return false, err
	}
	s.note(tenant, digest)
	return true, nil
}

func (s *shipped) note(tenant string, digest kernel.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[tenant] = digest
}

// give gives a tenant all of a shipment, and marks it.
func (s *shipped) give(ctx context.Context, tenant string, want shipment) error {
	for _, tree := range want.trees {
		if err := s.publish(ctx, kernel.Scope{Tenant: tenant}, tree); err != nil {
			return err
		}
	}
	if err := s.marks.Mark(ctx, tenant, want.digest); err != nil {
		return err
	}
	s.note(tenant, want.digest)
	return nil
}

// shipment returns what the stages that there are need.
func (s *shipped) shipment() (shipment, error) {
	needs := map[string][]iac.Tree{"target " + stage.TargetLocal: iac.Trees(stage.TargetLocal, "")}
	order := []string{"target " + stage.TargetLocal}
	need := func(what string, trees func() []iac.Tree) {
		if _, ok := needs[what]; !ok {
			needs[what], order = trees(), append(order, what)
		}
	}
	for _, st := range s.stages.All() {
		need("target "+st.Target, func() []iac.Tree { return iac.Trees(st.Target, "") })
		need("runtime "+st.Runtime, func() []iac.Tree { return iac.Trees("", st.Runtime) })
	}
	slices.Sort(order)
	var out shipment
	var all strings.Builder
	for _, what := range order {
		digest, err := s.digestOf(what, needs[what])
		if err != nil {
			return shipment{}, err
		}
		fmt.Fprintf(&all, "%s %s\n", what, digest)
		out.trees = append(out.trees, needs[what]...)
	}
	out.digest = kernel.DigestOf([]byte(all.String()))
	return out, nil
}

// digestOf returns the digest of trees, which do not change in a process.
func (s *shipped) digestOf(what string, trees []iac.Tree) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if digest, ok := s.digests[what]; ok {
		return digest, nil
	}
	var all strings.Builder
	for _, tree := range trees {
		digest, err := tree.Digest()
		if err != nil {
			return "", err
		}
		all.WriteString(digest + "\n")
	}
	s.digests[what] = all.String()
	return all.String(), nil
}

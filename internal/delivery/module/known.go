package module

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// knownTenants bounds of how many tenants the definitions are remembered.
const knownTenants = 64

// known remembers the definitions of tenants as they were read: to parse and to check
// all of them takes longer than all else that a release is made of.
type known struct {
	mu       sync.Mutex
	byTenant map[string]indexed
}

// indexed are the definitions with these contents. Nobody changes it.
type indexed struct {
	// contents are the digests of the sources, by name.
	contents    map[string]kernel.Digest
	definitions []graph.Definition
	// index is nil where err says what is wrong with the definitions together.
	index *graph.Index
	err   error
}

// get returns what is known of a tenant, if its definitions have the contents still.
func (k *known) get(tenant string, contents map[string]kernel.Digest) (indexed, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i, ok := k.byTenant[tenant]
	return i, ok && maps.Equal(i.contents, contents)
}

func (k *known) put(tenant string, i indexed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.byTenant) >= knownTenants {
		clear(k.byTenant)
	}
	if k.byTenant == nil {
		k.byTenant = map[string]indexed{}
	}
	k.byTenant[tenant] = i
}

// Index returns every definition of the tenant, checked and ready to be matched. It
// asks for no permission: a service that was allowed to do its work calls it for that
// work. What is in it is not to be changed.
func (s *Service) Index(ctx context.Context, scope kernel.Scope) (*graph.Index, error) {
	if err := s.ready(ctx, scope); err != nil {
		return nil, err
	}
	i, err := s.indexed(ctx, tenantOf(scope))
	if err != nil {
		return nil, err
	}
	return i.index, i.err
}

// All returns every definition of the tenant, sorted by name, with no permission asked
// for as Index. The list is the caller's; what is in the definitions is not to be changed.
func (s *Service) All(ctx context.Context, scope kernel.Scope) ([]graph.Definition, error) {
	if err := s.ready(ctx, scope); err != nil {
		return nil, err
	}
	i, err := s.indexed(ctx, tenantOf(scope))
	return slices.Clone(i.definitions), err
}

// Written returns the source of a definition and the name of its file, with no permission asked for.
func (s *Service) Written(ctx context.Context, scope kernel.Scope, name string) (file string, source []byte, err error) {
	stored, err := s.deps.Definitions.Get(ctx, tenantOf(scope), name)
	return name + ".yaml", []byte(stored.Source), err
}

// indexed returns the definitions of the tenant, which are read again where the
// contents of one have changed.
func (s *Service) indexed(ctx context.Context, scope kernel.Scope) (i indexed, err error) {
	contents, err := s.deps.Definitions.Contents(ctx, scope)
	if err != nil {
		return i, err
	}
	if i, ok := s.known.get(scope.Tenant, contents); ok {
		return i, nil
	}
	stored, err := s.deps.Definitions.All(ctx, scope)
	if err != nil {
		return i, err
	}
	i.contents = make(map[string]kernel.Digest, len(stored)) // they may be others by now
	for _, one := range stored {
		d, err := one.Definition()
		if err != nil {
			return i, err
		}
		i.definitions, i.contents[one.Name] = append(i.definitions, d), one.Digest
	}
	i.index, i.err = graph.NewIndex(i.definitions)
	s.known.put(scope.Tenant, i)
	return i, nil
}

package dns

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// SetNetwork adds a network to a tenant, or changes it. Whose addresses are whose is said by
// operators of the platform.
func (s *Service) SetNetwork(ctx context.Context, n Network) (Network, error) {
	if err := s.Authorizer.Authorize(ctx, actionGovern, n.Scope); err != nil {
		return Network{}, err
	}
	if err := s.Places.Check(ctx, n.Scope); err != nil {
		return Network{}, err
	}
	n, err := n.normal()
	if err != nil {
		return Network{}, err
	}
	n.CreatedAt = s.Clock.Now()
	err = s.write(ctx, func(ctx context.Context) error {
		all, err := s.Book.Objects(ctx)
		if err != nil {
			return err
		}
		if err := free(all, &n); err != nil {
			return err
		}
		return s.put(ctx, KindNetwork, n.Scope, n.Name, n, nil, "dns-network.set", networkFact(n))
	})
	return n, err
}

// networkOf returns a network of a tenant.
func (s *Service) networkOf(ctx context.Context, tenant, name string) (Network, error) {
	n, err := get[Network](ctx, s, KindNetwork, tenant, name)
	if kernel.Is(err, kernel.NotFound) {
		return n, noNetwork(name)
	}
	return n, err
}

func noNetwork(name string) error {
	return kernel.Errorf(kernel.NotFound, "there is no network %s", name).WithFix("see those that there are with: terrace dns network list")
}

func networkFact(n Network) map[string]any {
	return map[string]any{"network": n.Name, "prefixes": n.Prefixes, "recursion": n.Recursion, "clientSubnet": n.ClientSubnet}
}

// free refuses a prefix that another network has; one within another's is its closest.
func free(all []Object, n *Network) error {
	networks := 0
	for _, o := range all {
		if o.Kind != KindNetwork {
			continue
		}
		other, err := valueOf[Network](o)
		if err != nil {
			return err
		}
		if other.Scope.Tenant == n.Scope.Tenant && other.Name == n.Name {
			n.CreatedAt = other.CreatedAt
			continue
		}
		if networks += count(other.Scope.Tenant == n.Scope.Tenant); networks >= MaxObjects {
			return kernel.Errorf(kernel.Refused, "the tenant has %d networks, which is all that one may have", networks)
		}
		for _, p := range n.Prefixes {
			if slices.Contains(other.Prefixes, p) {
				return kernel.Errorf(kernel.Conflict, "%s is in network %s of tenant %s", p, other.Name, other.Scope.Tenant).
					WithFix("remove it there first, or give a longer prefix")
			}
		}
	}
	return nil
}

// DeleteNetwork removes a network that nothing refers to.
func (s *Service) DeleteNetwork(ctx context.Context, tenant, name string) error {
	scope := kernel.Scope{Tenant: tenant}
	if err := s.Authorizer.Authorize(ctx, actionGovern, scope); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context) error {
		n, err := s.networkOf(ctx, tenant, name)
		if err != nil {
			return err
		}
		if err := s.unused(ctx, n); err != nil {
			return err
		}
		return s.remove(ctx, KindNetwork, n.Scope, name, "dns-network.deleted", networkFact(n))
	})
}

func (s *Service) unused(ctx context.Context, n Network) error {
	all, err := s.Book.Objects(ctx)
	if err != nil {
		return err
	}
	used := func(what string) error {
		return kernel.Errorf(kernel.Conflict, "network %s is used by %s", n.Name, what).WithFix("remove it there first")
	}
	if of, err := s.Sets.ZoneOfNetwork(ctx, n.Scope.Tenant, n.Name); err != nil || of != "" {
		return cmp.Or(err, used("records of zone "+of))
	}
	for _, o := range all {
		if o.Scope.Tenant != n.Scope.Tenant {
			continue
		}
		switch o.Kind {
		case KindZone:
			z, err := valueOf[Zone](o)
			if err != nil {
				return err
			}
			if _, ok := z.linked(n.Name); ok {
				return used("zone " + z.Name)
			}
		case KindEndpoint:
			e, err := valueOf[Endpoint](o)
			if err != nil {
				return err
			}
			if e.Network == n.Name {
				return used("private endpoint " + e.Name)
			}
		case KindForwarder:
			f, err := valueOf[Forwarder](o)
			if err != nil {
				return err
			}
			if slices.Contains(f.Networks, n.Name) {
				return used("the forwarder of " + f.Domain)
			}
		case KindNetwork, KindKey, KindApplied:
		}
	}
	return nil
}

// SetForwarder says who is asked about a domain, for networks of a tenant.
func (s *Service) SetForwarder(ctx context.Context, f Forwarder) (Forwarder, error) {
	if err := s.Authorizer.Authorize(ctx, actionGovern, f.Scope); err != nil {
		return Forwarder{}, err
	}
	if err := s.Places.Check(ctx, f.Scope); err != nil {
		return Forwarder{}, err
	}
	f, err := f.normal()
	if err != nil {
		return Forwarder{}, err
	}
	err = s.write(ctx, func(ctx context.Context) error {
		for _, name := range f.Networks {
			if _, err := s.networkOf(ctx, f.Scope.Tenant, name); err != nil {
				return err
			}
		}
		all, err := s.Book.Objects(ctx)
		if err != nil {
			return err
		}
		forwarders := 0
		for _, o := range all {
			forwarders += count(o.Kind == KindForwarder && o.Scope.Tenant == f.Scope.Tenant && o.Name != f.Domain)
		}
		if forwarders >= MaxObjects {
			return kernel.Errorf(kernel.Refused, "the tenant has %d forwarders, which is all that one may have", forwarders)
		}
		return s.put(ctx, KindForwarder, f.Scope, f.Domain, f, nil, "dns-forwarder.set", forwarderFact(f))
	})
	return f, err
}

func forwarderFact(f Forwarder) map[string]any {
	return map[string]any{"domain": f.Domain, "servers": f.Servers, "networks": append([]string{}, f.Networks...)}
}

// DeleteForwarder removes a forwarder.
func (s *Service) DeleteForwarder(ctx context.Context, tenant, domain string) error {
	scope := kernel.Scope{Tenant: tenant}
	if err := s.Authorizer.Authorize(ctx, actionGovern, scope); err != nil {
		return err
	}
	if domain != "." {
		domain = CanonicalName(domain)
	}
	return s.write(ctx, func(ctx context.Context) error {
		f, err := get[Forwarder](ctx, s, KindForwarder, tenant, domain)
		if kernel.Is(err, kernel.NotFound) {
			return kernel.Errorf(kernel.NotFound, "there is no forwarder of %s", domain).WithFix("see those that there are with: terrace dns forwarder list")
		} else if err != nil {
			return err
		}
		return s.remove(ctx, KindForwarder, f.Scope, domain, "dns-forwarder.deleted", forwarderFact(f))
	})
}

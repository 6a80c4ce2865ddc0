package dns

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// place refuses a zone that takes names of others: of a zone that is answered everywhere, of
// networks that the actor may not link, and of zones of projects that the actor may not
// change, above it or below it.
func (s *Service) place(ctx context.Context, z Zone, fresh bool) error {
	all, err := s.Book.Objects(ctx)
	if err != nil {
		return err
	}
	networks, zones := map[string]Network{}, 0
	for _, o := range all {
		if o.Kind == KindNetwork && o.Scope.Tenant == z.Scope.Tenant {
			if networks[o.Name], err = valueOf[Network](o); err != nil {
				return err
			}
		}
		if o.Kind != KindZone || o.Scope.Tenant == z.Scope.Tenant && o.Name == z.Name {
			continue
		}
		other, err := valueOf[Zone](o)
		if err != nil {
			return err
		}
		if zones += count(o.Scope.Tenant == z.Scope.Tenant); fresh && zones >= MaxZones {
			return kernel.Errorf(kernel.Refused, "the tenant has %d zones, which is all that one may have", zones)
		}
		if err := s.beside(ctx, z, other); err != nil {
			return err
		}
	}
	return s.mayLink(ctx, z, networks)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// beside checks a zone against another one.
func (s *Service) beside(ctx context.Context, z, other Zone) error {
	if other.Scope.Tenant != z.Scope.Tenant {
		if z.Everywhere && other.Everywhere && z.Name == other.Name {
			return kernel.Errorf(kernel.Conflict, "another zone %s is answered everywhere", z.Name).WithFix("link the zone to networks instead")
		}
		return nil
	}
	if other.Scope.Project == z.Scope.Project || !zone.Within(z.FQDN(), other.FQDN()) && !zone.Within(other.FQDN(), z.FQDN()) {
		return nil
	}
	if err := s.Authorizer.Authorize(ctx, actionWrite, other.Scope); err != nil {
		return kernel.Errorf(kernel.Denied, "the zone would take names of one that is not yours, or lie in it").WithFix("ask an admin of the tenant to make the zone")
	}
	return nil
}

// mayLink asks of each network whether its names are the actor's to decide.
func (s *Service) mayLink(ctx context.Context, z Zone, networks map[string]Network) error {
	for _, l := range z.Links {
		n, ok := networks[l.Network]
		if ok && s.Authorizer.Authorize(ctx, actionRead, n.Scope) != nil {
			ok = false
		}
		if !ok {
			return noNetwork(l.Network)
		}
		if n.Scope.Project == z.Scope.Project {
			continue
		}
		if err := s.Authorizer.Authorize(ctx, actionWrite, n.Scope); err != nil {
			return kernel.Errorf(kernel.Denied, "network %s is not only this project's, and what it sees is not yours to decide", n.Name).WithFix("ask an admin of the tenant to link the zone")
		}
	}
	return nil
}

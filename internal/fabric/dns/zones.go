package dns

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions.
const (
	actionRead = "dns.read"
	// actionRecord changes records, and actionWrite zones, keys and endpoints: both are asked
	// of where the zone is.
	actionRecord = "dns.record"
	actionWrite  = "dns.write"
	// actionGovern is about which addresses are whose, who is asked elsewhere, and what whoever
	// asks gets to see: it holds for others than the tenant.
	actionGovern = "dns.govern"
)

// The bounds of what a tenant may have.
const (
	MaxZones     = 1000
	MaxObjects   = 1000
	MaxSetsOfOne = 50000
)

// CreateZone adds a zone.
func (s *Service) CreateZone(ctx context.Context, z Zone) (Zone, error) {
	z, err := s.admitZone(ctx, z)
	if err != nil {
		return Zone{}, err
	}
	z.CreatedAt, z.CreatedBy, z.Serial, z.kept = s.Clock.Now(), actorName(ctx), s.Clock.Now().Unix(), kept{Sets: new(int)}
	err = s.write(ctx, func(ctx context.Context) error {
		_, err := s.Book.Get(ctx, KindZone, z.Scope.Tenant, z.Name)
		switch {
		case err == nil:
			return kernel.Errorf(kernel.Conflict, "there is a zone %s", z.Name).WithFix("see it with: terrace dns zone show %s", z.Name)
		case !kernel.Is(err, kernel.NotFound):
			return err
		}
		if err := s.place(ctx, z, true); err != nil {
			return err
		}
		return s.put(ctx, KindZone, z.Scope, z.Name, keptZone{z, z.kept}, nil, "dns-zone.created", zoneFact(z))
	})
	return z, err
}

func zoneFact(z Zone) map[string]any {
	networks := []string{}
	for _, l := range z.Links {
		networks = append(networks, l.Network)
	}
	return map[string]any{"zone": z.Name, "everywhere": z.Everywhere, "networks": networks, "serial": z.Serial}
}

// admitZone checks a zone and who makes it so.
func (s *Service) admitZone(ctx context.Context, z Zone) (Zone, error) {
	if err := s.Authorizer.Authorize(ctx, actionWrite, z.Scope); err != nil {
		return Zone{}, err
	}
	if err := s.Places.Check(ctx, z.Scope); err != nil {
		return Zone{}, err
	}
	z, err := z.normal()
	if err != nil {
		return Zone{}, err
	}
	for _, own := range s.Zones {
		if !zone.Within(z.FQDN(), zone.Canonical(own)) {
			continue
		}
		if err := s.admitChallenges(ctx, z, own); err != nil {
			return Zone{}, err
		}
	}
	if z.Everywhere {
		return z, s.Authorizer.Authorize(ctx, actionGovern, z.Scope)
	}
	return z, nil
}

// Zone returns a zone of a tenant.
func (s *Service) Zone(ctx context.Context, tenant, name string) (Zone, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return Zone{}, err
	}
	z, err := s.zone(ctx, tenant, name)
	if err != nil {
		return Zone{}, err
	}
	return z, s.Authorizer.Authorize(ctx, actionRead, z.Scope)
}

func (s *Service) zone(ctx context.Context, tenant, name string) (Zone, error) {
	z, err := get[Zone](ctx, s, KindZone, tenant, CanonicalName(name))
	if kernel.Is(err, kernel.NotFound) {
		return z, kernel.Errorf(kernel.NotFound, "there is no zone %s", CanonicalName(name)).WithFix("see those that there are with: terrace dns zone list")
	}
	return z, err
}

// SetZone changes the settings of a zone: everything but its records.
func (s *Service) SetZone(ctx context.Context, z Zone) (Zone, error) {
	return s.changeZone(ctx, z.Scope.Tenant, z.Name, func(old Zone) Zone {
		z.Scope, z.Name, z.CreatedAt, z.CreatedBy, z.Serial, z.kept = old.Scope, old.Name, old.CreatedAt, old.CreatedBy, old.Serial, old.kept
		return z
	})
}

// Link has a network see a zone, or not any more.
func (s *Service) Link(ctx context.Context, tenant, name string, link Link, linked bool) (Zone, error) {
	return s.changeZone(ctx, tenant, name, func(z Zone) Zone {
		z.Links = slices.DeleteFunc(slices.Clone(z.Links), func(l Link) bool { return l.Network == link.Network })
		if linked {
			z.Links = append(z.Links, link)
		}
		return z
	})
}

func (s *Service) changeZone(ctx context.Context, tenant, name string, change func(Zone) Zone) (Zone, error) {
	old, err := s.Zone(ctx, tenant, name)
	if err != nil {
		return Zone{}, err
	}
	if _, err := s.admitZone(ctx, change(old)); err != nil {
		return Zone{}, err
	}
	var z Zone
	err = s.write(ctx, func(ctx context.Context) error {
		old, err := s.zone(ctx, tenant, name)
		if err != nil {
			return err
		}
		if z, err = s.admitZone(ctx, change(old)); err != nil {
			return err
		}
		if err := s.place(ctx, z, false); err != nil {
			return err
		}
		return s.bump(ctx, &z, "dns-zone.changed", zoneFact)
	})
	return z, err
}

// bump keeps a zone with the next serial, which is never less than one that it, or one before
// it of that name, has had: what secondaries have is older then (RFC 1982). The names are those
// whose sets have changed.
func (s *Service) bump(ctx context.Context, z *Zone, fact string, data func(Zone) map[string]any, names ...string) error {
	before := z.Serial
	z.Serial = max(z.Serial+1, s.Clock.Now().Unix())
	z.note(before, names)
	return s.put(ctx, KindZone, z.Scope, z.Name, keptZone{*z, z.kept}, nil, fact, data(*z))
}

// DeleteZone removes a zone with its records and keys. One with private endpoints is refused.
func (s *Service) DeleteZone(ctx context.Context, tenant, name string) error {
	z, err := s.Zone(ctx, tenant, name)
	if err != nil {
		return err
	}
	if err := s.Authorizer.Authorize(ctx, actionWrite, z.Scope); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context) error {
		all, err := s.Book.Objects(ctx)
		if err != nil {
			return err
		}
		for _, o := range all {
			if o.Scope.Tenant == tenant && o.Kind == KindEndpoint {
				e, err := valueOf[Endpoint](o)
				if err != nil {
					return err
				}
				if e.Zone == z.Name && e.Problem == "" {
					return kernel.Errorf(kernel.Conflict, "zone %s has the record of private endpoint %s", z.Name, e.Name).WithFix("delete its endpoints first: terrace dns endpoint delete %s", e.Name)
				}
			}
		}
		if err := s.dropKeys(ctx, all, z); err != nil {
			return err
		}
		if err := s.Sets.DropZone(ctx, tenant, z.Name); err != nil {
			return err
		}
		return s.remove(ctx, KindZone, z.Scope, z.Name, "dns-zone.deleted", zoneFact(z))
	})
}

// dropKeys removes the keys of a zone.
func (s *Service) dropKeys(ctx context.Context, all []Object, z Zone) error {
	for _, o := range all {
		if o.Kind != KindKey || o.Scope.Tenant != z.Scope.Tenant {
			continue
		}
		k, err := valueOf[Key](o)
		if err != nil {
			return err
		}
		if k.Zone != z.Name {
			continue
		}
		if err := s.remove(ctx, KindKey, o.Scope, o.Name, "dns-key.deleted", keyFact(k)); err != nil {
			return err
		}
	}
	return nil
}

// absolute returns a name within a zone in full: @ is the zone itself, and what does not end
// with the zone's name, or with a dot, is below it.
func absolute(name, in string) (string, error) {
	full := zone.Canonical(in)
	switch {
	case name == "@" || name == "":
		return full, nil
	case !strings.HasSuffix(name, "."):
		if c := zone.Canonical(name); !zone.Within(c, full) {
			name += "." + full
		}
	}
	if name = zone.Canonical(name); !zone.Within(name, full) {
		return "", errors.New("it does not lie within zone " + in)
	}
	return name, nil
}

package dns

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// SetsOf returns the record sets of a zone whose names begin with a text, by name.
func (s *Service) SetsOf(ctx context.Context, tenant, in, from string, page kernel.PageRequest) (kernel.Page[Held], error) {
	z, err := s.Zone(ctx, tenant, in)
	if err != nil {
		return kernel.Page[Held]{}, err
	}
	return s.Sets.ListSets(ctx, tenant, z.Name, strings.ToLower(from), page)
}

// PutSet makes a record set, or changes it. Its name may be relative to the zone.
func (s *Service) PutSet(ctx context.Context, tenant, in string, h Held) (Held, error) {
	z, err := s.zoneFor(ctx, tenant, in, actionRecord)
	if err != nil {
		return Held{}, err
	}
	if h, err = s.admitSet(z, h); err != nil {
		return Held{}, err
	}
	err = s.changeSets(ctx, z, []string{h.Name}, func(ctx context.Context, z Zone, all []Held) (put, drop []Held, err error) {
		if err := s.checkNetwork(ctx, z, h.Network); err != nil {
			return nil, nil, err
		}
		next := slices.DeleteFunc(slices.Clone(all), func(o Held) bool { return same(o, h) })
		if err := ofEndpoint(all, h); err != nil {
			return nil, nil, err
		}
		return []Held{h}, nil, clash(append(next, h))
	})
	return h, err
}

// same reports whether a set takes the place of another one.
func same(a, b Held) bool { return a.Name == b.Name && a.Type == b.Type && a.Network == b.Network }

// ofEndpoint refuses to change what follows from a private endpoint.
func ofEndpoint(all []Held, h Held) error {
	at := slices.IndexFunc(all, func(o Held) bool { return same(o, h) && o.Endpoint != "" })
	if at < 0 || h.Endpoint == all[at].Endpoint {
		return nil
	}
	return kernel.Errorf(kernel.Conflict, "record %s %s follows from private endpoint %s", h.Name, h.Type, all[at].Endpoint).
		WithFix("change or delete the endpoint: terrace dns endpoint list")
}

// zoneFor returns a zone in which the actor may do an action.
func (s *Service) zoneFor(ctx context.Context, tenant, in, action string) (Zone, error) {
	z, err := s.Zone(ctx, tenant, in)
	if err != nil {
		return Zone{}, err
	}
	return z, s.Authorizer.Authorize(ctx, action, z.Scope)
}

// admitSet checks a set of a zone.
func (s *Service) admitSet(z Zone, h Held) (Held, error) {
	name, err := absolute(h.Name, z.Name)
	if err != nil {
		return Held{}, kernel.Errorf(kernel.Invalid, "the name %q cannot be: %w", h.Name, err)
	}
	h.Name, h.UpdatedAt = name, s.Clock.Now()
	h.Values = slices.Clone(h.Values)
	for i, v := range h.Values {
		h.Values[i] = qualified(strings.ToUpper(h.Type), v, z.FQDN())
	}
	normal, problems := h.Normal()
	if name == z.FQDN() && (normal.Type == "NS" || normal.Type == "CNAME" || normal.Type == "DS") {
		problems = append(problems, zone.Problem{At: -1, Message: "the zone itself has its NS by its settings, and neither CNAME nor DS"})
	}
	if len(problems) > 0 {
		k := &checker{}
		for _, p := range problems {
			path := "values[" + strconv.Itoa(p.At) + "]"
			if p.At < 0 {
				path = "record"
			}
			k.add(path, "", "%s", p.Message)
		}
		return Held{}, k.err("record %s %s is not valid", strings.TrimSuffix(name, "."), normal.Type)
	}
	h.Set = normal
	return h, nil
}

// qualified has the name in a value be below the zone where it is of one part, and @ be the zone,
// as in zone files. Others are full ones, with or without the dot at their end: what zone files
// would make of those without is hardly ever meant.
func qualified(kind, value, in string) string {
	before, ok := map[string]int{"CNAME": 0, "NS": 0, "PTR": 0, "MX": 1, "SVCB": 1, "HTTPS": 1, "SRV": 3}[kind]
	if !ok {
		return value
	}
	head, rest := "", strings.TrimSpace(value)
	for range before {
		field, tail, _ := strings.Cut(rest, " ")
		head, rest = head+field+" ", strings.TrimLeft(tail, " ")
	}
	name, tail, _ := strings.Cut(rest, " ")
	switch {
	case name == "" || strings.Contains(name, "."):
		return value
	case name == "@":
		name = in
	default:
		name += "." + in
	}
	return strings.TrimSpace(head + name + " " + tail)
}

// checkNetwork refuses a network that does not see the zone.
func (s *Service) checkNetwork(ctx context.Context, z Zone, network string) error {
	if network == "" {
		return nil
	}
	if _, ok := z.linked(network); ok {
		return nil
	}
	if z.Everywhere {
		_, err := s.networkOf(ctx, z.Scope.Tenant, network)
		return err
	}
	return kernel.Errorf(kernel.Refused, "network %s does not see zone %s", network, z.Name).WithFix("link it first: terrace dns zone link %s %s", z.Name, network)
}

// clash refuses a CNAME beside other sets, as each network sees them.
func clash(all []Held) error {
	networks := map[string]bool{"": true}
	for _, h := range all {
		networks[h.Network] = true
	}
	for network := range networks {
		var sets []zone.Set
		for _, h := range all {
			if h.Network == network {
				sets = append(sets, h.Set)
			}
		}
		if name := zone.Clash(sets); name != "" {
			return kernel.Errorf(kernel.Conflict, "%s cannot have a CNAME beside other records (RFC 1034 §3.6.2)", strings.TrimSuffix(name, ".")).
				WithFix("delete the other records of the name, or use A and AAAA instead of the CNAME")
		}
	}
	return nil
}

// DeleteSet removes a record set.
func (s *Service) DeleteSet(ctx context.Context, tenant, in, name, kind, network string) error {
	z, err := s.zoneFor(ctx, tenant, in, actionRecord)
	if err != nil {
		return err
	}
	full, err := absolute(name, z.Name)
	if err != nil {
		return kernel.Errorf(kernel.NotFound, "there is no record %s %s in zone %s", name, kind, z.Name)
	}
	h := Held{Set: zone.Set{Name: full, Type: strings.ToUpper(kind)}, Network: network}
	return s.changeSets(ctx, z, []string{full}, func(_ context.Context, z Zone, all []Held) (put, drop []Held, err error) {
		if !slices.ContainsFunc(all, func(o Held) bool { return same(o, h) }) {
			return nil, nil, kernel.Errorf(kernel.NotFound, "there is no record %s %s in zone %s", strings.TrimSuffix(full, "."), h.Type, z.Name).
				WithFix("see those that there are with: terrace dns record list --zone %s", z.Name)
		}
		return nil, []Held{h}, ofEndpoint(all, h)
	})
}

// change says of the sets that there are which are put and which are dropped.
type change func(ctx context.Context, z Zone, held []Held) (put, drop []Held, err error)

// changeSets changes record sets of names of a zone, of any without names, in one transaction
// with its serial and the fact. That nothing changes leaves all as it is.
func (s *Service) changeSets(ctx context.Context, z Zone, names []string, with change) error {
	return s.write(ctx, func(ctx context.Context) error {
		z, err := s.zone(ctx, z.Scope.Tenant, z.Name)
		if err != nil {
			return err
		}
		return s.changeHeld(ctx, z, names, with)
	})
}

func (s *Service) changeHeld(ctx context.Context, z Zone, names []string, with change) error {
	held, err := s.Sets.Sets(ctx, z.Scope.Tenant, z.Name, names...)
	if err != nil {
		return err
	}
	put, drop, err := with(ctx, z, held)
	if err != nil || len(put)+len(drop) == 0 {
		return err
	}
	if err := s.Sets.DropSets(ctx, z.Scope.Tenant, z.Name, drop); err != nil {
		return err
	}
	if err := s.Sets.PutSets(ctx, z.Scope.Tenant, z.Name, put); err != nil {
		return err
	}
	if err := s.countSets(ctx, &z, held, put, drop); err != nil {
		return err
	}
	changed := make([]string, 0, len(put)+len(drop))
	for _, h := range slices.Concat(put, drop) {
		changed = append(changed, h.Name)
	}
	return s.bump(ctx, &z, "dns-zone.records_changed", func(z Zone) map[string]any { return setsFact(z, put, drop) }, changed...)
}

// countSets keeps the count of a zone's sets, and refuses more than there may be. Those are held
// that had the names that are changed before.
func (s *Service) countSets(ctx context.Context, z *Zone, held, put, drop []Held) (err error) {
	n := 0
	if z.kept.Sets == nil {
		if n, err = s.Sets.CountSets(ctx, z.Scope.Tenant, z.Name); err != nil {
			return err
		}
	} else {
		there := make(map[where]bool, len(held))
		for _, h := range held {
			there[whereOf(h)] = true
		}
		before := len(there)
		for _, h := range drop {
			delete(there, whereOf(h))
		}
		for _, h := range put {
			there[whereOf(h)] = true
		}
		n = *z.kept.Sets + len(there) - before
	}
	if n > MaxSetsOfOne && len(put) > len(drop) {
		return kernel.Errorf(kernel.Refused, "a zone has at most %d record sets", MaxSetsOfOne)
	}
	z.kept.Sets = &n
	return nil
}

// where is the place of a set in a zone.
type where struct{ name, kind, network string }

func whereOf(h Held) where { return where{h.Name, h.Type, h.Network} }

// told is how many sets a fact names.
const told = 50

func setsFact(z Zone, put, drop []Held) map[string]any {
	names := func(sets []Held) []string {
		all := []string{}
		for _, h := range sets[:min(len(sets), told)] {
			all = append(all, strings.TrimSuffix(h.Name, ".")+" "+h.Type)
		}
		return all
	}
	return map[string]any{"zone": z.Name, "serial": z.Serial, "set": names(put), "deleted": names(drop), "sets": len(put), "deletions": len(drop)}
}

package dns

import (
	"net/netip"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/dns/forward"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
)

// snapshot is an immutable view of all that is answered from.
type snapshot struct {
	revision int64
	// own has the zones of the platform with the records of deployments, and serial counts
	// the changes of these.
	own    map[string]*zone.Zone
	serial int64
	// zones, networks and keys are those of all tenants.
	zones    map[of]*heldZone
	networks map[of]*view
	keys     map[string]*heldKey
	// endpoints are the private ones, which explain records.
	endpoints []Endpoint
	// sealed are the keys that could not be opened.
	sealed map[string]bool
	// outside is what those see that are in no network.
	outside *view
	// closest finds the network of an address: by the lengths of prefixes, longest first.
	closest map[netip.Prefix]*view
	lengths []int
}

// current is the revision that the snapshot is as good as: none with keys that have to be opened
// yet.
func (s *snapshot) current() int64 {
	if len(s.sealed) > 0 {
		return -1
	}
	return s.revision
}

// of names something of a tenant.
type of struct{ tenant, name string }

// view is what is seen from a network.
type view struct {
	// network is nil for those that are in none.
	network *Network
	table   zone.Table
	rules   *forward.Rules
}

// viewOf returns what is seen from an address.
func (s *snapshot) viewOf(from netip.Addr) *view {
	from = from.Unmap()
	for _, bits := range s.lengths {
		if bits > from.BitLen() {
			continue
		}
		if p, err := from.Prefix(bits); err == nil {
			if v := s.closest[p]; v != nil {
				return v
			}
		}
	}
	return s.outside
}

// recursive reports whether names that no zone has are asked for elsewhere.
func (v *view) recursive() bool { return v.network != nil && v.network.Recursion }

// index makes what is seen from each network of zones, networks and forwarders.
func (s *snapshot) index(networks []Network, forwarders []Forwarder) {
	everywhere := zone.Table{}
	for name, z := range s.own {
		everywhere[name] = zone.Entry{Zone: z}
	}
	for _, h := range s.zones {
		if h.Everywhere {
			everywhere[h.base.Name] = zone.Entry{Zone: h.base}
		}
	}
	s.outside = &view{table: everywhere}
	s.networks, s.closest, s.lengths = map[of]*view{}, map[netip.Prefix]*view{}, nil
	for _, n := range networks {
		v := &view{network: &n, table: s.seenFrom(n, everywhere), rules: rulesOf(n, forwarders)}
		s.networks[of{n.Scope.Tenant, n.Name}] = v
		for _, p := range prefixesOf(n.Prefixes) {
			s.closest[p] = v
			if !slices.Contains(s.lengths, p.Bits()) {
				s.lengths = append(s.lengths, p.Bits())
			}
		}
	}
	slices.SortFunc(s.lengths, func(a, b int) int { return b - a })
}

// seenFrom are the zones that a network sees.
func (s *snapshot) seenFrom(n Network, everywhere zone.Table) zone.Table {
	table := make(zone.Table, len(everywhere))
	for name, e := range everywhere {
		table[name] = e
	}
	for key, h := range s.zones {
		if key.tenant != n.Scope.Tenant {
			continue
		}
		link, ok := h.linked(n.Name)
		if !ok && !h.Everywhere {
			continue
		}
		z := h.base
		if own := h.of[n.Name]; own != nil {
			z = own
		}
		table[z.Name] = zone.Entry{Zone: z, Redirect: link.Policy == LinkRedirect}
	}
	return table
}

func rulesOf(n Network, all []Forwarder) *forward.Rules {
	rules := &forward.Rules{}
	for _, f := range all {
		if f.Scope.Tenant == n.Scope.Tenant && (len(f.Networks) == 0 || slices.Contains(f.Networks, n.Name)) {
			rules.Add(f.Domain, f.Servers)
		}
	}
	return rules
}

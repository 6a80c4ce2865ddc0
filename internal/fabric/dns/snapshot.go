package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

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
	// outside is what those see that are in no network.
	outside *view
	// closest finds the network of an address: by the lengths of prefixes, longest first.
	closest map[netip.Prefix]*view
	lengths []int
}

// of names something of a tenant.
type of struct{ tenant, name string }

// heldZone is a zone as it is in memory.
type heldZone struct {
	Zone

	sets []Held
	// base is what those see for whom there is nothing of their own.
	base *zone.Zone
	// of has what networks see that have sets of their own.
	of map[string]*zone.Zone
}

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

// compile makes a zone of its settings and its sets.
func compile(z Zone, sets []Held, server string) (*heldZone, error) {
	h := &heldZone{Zone: z, sets: sets, of: map[string]*zone.Zone{}}
	var err error
	if h.base, err = h.seen("", server, nil); err != nil {
		return nil, err
	}
	for _, s := range sets {
		if s.Network != "" && h.of[s.Network] == nil {
			if h.of[s.Network], err = h.seen(s.Network, server, nil); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}

// seen makes what a network sees of a zone: its own sets in the place of those for all.
func (h *heldZone) seen(network, server string, more []dns.RR) (*zone.Zone, error) {
	type place struct{ name, kind string }
	own, named := map[place]bool{}, map[string]string{}
	for _, s := range h.sets {
		if network != "" && s.Network == network {
			own[place{s.Name, s.Type}] = true
			named[s.Name] = s.Type
		}
	}
	records := append(h.servers(server), more...)
	for _, s := range h.sets {
		alias, other := s.Type == "CNAME", named[s.Name]
		hidden := own[place{s.Name, s.Type}] || other != "" && alias != (other == "CNAME")
		if s.Network != network && (s.Network != "" || hidden) {
			continue
		}
		rrs, err := s.RRs()
		if err != nil {
			return nil, fmt.Errorf("zone %s: %w", h.Name, err)
		}
		records = append(records, rrs...)
	}
	return zone.New(h.soa(server), records), nil
}

// servers are the NS of a zone itself.
func (h *heldZone) servers(server string) []dns.RR {
	names := h.NameServers
	if len(names) == 0 {
		names = []string{server}
	}
	all := make([]dns.RR, 0, len(names))
	for _, name := range names {
		all = append(all, &dns.NS{Hdr: header(h.FQDN(), dns.TypeNS, zone.DefaultTTL), Ns: dns.Fqdn(name)})
	}
	return all
}

func (h *heldZone) soa(server string) *dns.SOA {
	primary, contact := server, "hostmaster@"+h.Name
	if len(h.NameServers) > 0 {
		primary = h.NameServers[0]
	}
	if h.Start.Contact != "" {
		contact = h.Start.Contact
	}
	or := func(v, otherwise uint32) uint32 {
		if v == 0 {
			return otherwise
		}
		return v
	}
	return &dns.SOA{
		Hdr: header(h.FQDN(), dns.TypeSOA, int(or(h.Start.TTL, 3600))), Ns: dns.Fqdn(primary), Mbox: contactName(contact),
		Serial:  uint32(h.Serial),
		Refresh: or(h.Start.Refresh, 3600), Retry: or(h.Start.Retry, 600), Expire: or(h.Start.Expire, 1209600), Minttl: or(h.Start.Minimum, 60),
	}
}

// platformZone makes a zone of the platform: its SOA, NS and the addresses of its server; for
// localhost the loopback addresses (RFC 6761 §6.3); and the records of deployments.
func platformZone(name string, records []Record, serial int64) *zone.Zone {
	server := "ns." + name
	soa := &dns.SOA{
		Hdr: header(name, dns.TypeSOA, 5), Ns: dns.Fqdn(server), Mbox: dns.Fqdn("hostmaster." + name),
		Serial: uint32(serial), Refresh: 3600, Retry: 600, Expire: 86400, Minttl: 5,
	}
	all := []dns.RR{&dns.NS{Hdr: header(name, dns.TypeNS, DefaultTTL), Ns: dns.Fqdn(server)}}
	names := []string{server}
	if name == "localhost" {
		names = append(names, name)
	}
	for _, n := range names {
		all = append(all, toRR(Record{Name: n, Type: A, TTL: DefaultTTL}, "127.0.0.1"), toRR(Record{Name: n, Type: AAAA, TTL: DefaultTTL}, "::1"))
	}
	for _, r := range records {
		if r.Name != name && !strings.HasSuffix(r.Name, "."+name) {
			continue
		}
		for _, v := range r.Values {
			if rr := toRR(r, v); rr != nil {
				all = append(all, rr)
			}
		}
	}
	return zone.New(soa, all)
}

func header(name string, rrtype uint16, ttl int) dns.RR_Header {
	return dns.RR_Header{Name: dns.Fqdn(name), Rrtype: rrtype, Class: dns.ClassINET, Ttl: uint32(ttl)}
}

// toRR returns one value of a normalized record, nil for a value that no
// normalized record has.
func toRR(r Record, value string) dns.RR {
	hdr := header(r.Name, dns.StringToType[string(r.Type)], r.TTL)
	switch r.Type {
	case A:
		return &dns.A{Hdr: hdr, A: parseIP(value)}
	case AAAA:
		return &dns.AAAA{Hdr: hdr, AAAA: parseIP(value)}
	case CNAME:
		return &dns.CNAME{Hdr: hdr, Target: dns.Fqdn(value)}
	case TXT:
		return &dns.TXT{Hdr: hdr, Txt: chunks(value)}
	case SRV:
		rr := &dns.SRV{Hdr: hdr}
		if _, err := fmt.Sscan(value, &rr.Priority, &rr.Weight, &rr.Port, &rr.Target); err != nil {
			return nil
		}
		rr.Target = dns.Fqdn(rr.Target)
		return rr
	default:
		return nil
	}
}

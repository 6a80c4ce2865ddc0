package dns

import (
	"fmt"
	"maps"
	"slices"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone/versioned"
)

// heldZone is a zone as it is in memory. It never changes: the next one shares with it what is
// the same.
type heldZone struct {
	Zone

	// sets are by name.
	sets versioned.Map[[]compiled]
	// base is what those see for whom there is nothing of their own.
	base *zone.Zone
	// of has what networks see that have sets of their own, and own counts these.
	of  map[string]*zone.Zone
	own map[string]int
}

// compiled is a set with its records.
type compiled struct {
	Held

	records []dns.RR
}

// compile makes a zone of its settings and all its sets. Records of sets that are as they were
// before are taken from there.
func compile(z Zone, sets []Held, server string, before *heldZone) (*heldZone, error) {
	names := map[string][]Held{}
	for _, s := range sets {
		names[s.Name] = append(names[s.Name], s)
	}
	var known versioned.Map[[]compiled]
	if before != nil {
		known = before.sets
	}
	blank := &heldZone{base: zone.New((&heldZone{Zone: z}).soa(server), nil)}
	return blank.with(z, names, server, known)
}

// change makes the zone that follows on one, with other settings, and with other sets at some
// names, none for names that have none any longer.
func (h *heldZone) change(z Zone, names map[string][]Held, server string) (*heldZone, error) {
	return h.with(z, names, server, h.sets)
}

func (h *heldZone) with(z Zone, names map[string][]Held, server string, known versioned.Map[[]compiled]) (*heldZone, error) {
	next := &heldZone{Zone: z, of: map[string]*zone.Zone{}, own: maps.Clone(h.own)}
	if next.own == nil {
		next.own = map[string]int{}
	}
	edit := h.sets.Edit(len(names))
	for name, sets := range names {
		before, _ := edit.Get(name)
		next.count(before, -1)
		same, _ := known.Get(name)
		fresh, err := compiledOf(sets, same)
		if err != nil {
			return nil, fmt.Errorf("zone %s: %w", z.Name, err)
		}
		next.count(fresh, 1)
		if len(fresh) == 0 {
			edit.Delete(name)
			continue
		}
		edit.Set(name, fresh)
	}
	next.sets = edit.Map()
	next.base = h.base.Change(next.soa(server), next.seen("", names, server))
	for network, sets := range next.own {
		before := h.of[network]
		if before == nil { // all that it has of its own is new
			before = next.base
		}
		if sets > 0 {
			next.of[network] = before.Change(next.soa(server), next.seen(network, names, server))
		}
	}
	return next, nil
}

// count adds sets to those that networks have of their own, or takes them away.
func (h *heldZone) count(sets []compiled, by int) {
	for _, s := range sets {
		if s.Network != "" {
			h.own[s.Network] += by
		}
	}
}

// compiledOf makes the records of sets; those of sets that are the same are taken from there.
func compiledOf(sets []Held, known []compiled) ([]compiled, error) {
	all := make([]compiled, 0, len(sets))
	for _, s := range sets {
		at := slices.IndexFunc(known, func(k compiled) bool { return same(k.Held, s) && k.Set.Equal(s.Set) })
		if at >= 0 {
			all = append(all, compiled{s, known[at].records})
			continue
		}
		records, err := s.RRs()
		if err != nil {
			return nil, err
		}
		all = append(all, compiled{s, records})
	}
	return all, nil
}

// seen are the records that a network sees at some names, and at the zone's own: its own sets in
// the place of those for all. An alias of its own also hides the other types of the name, and
// these hide an alias.
func (h *heldZone) seen(network string, names map[string][]Held, server string) map[string][]dns.RR {
	all := make(map[string][]dns.RR, len(names)+1)
	for name := range names {
		sets, _ := h.sets.Get(name)
		all[name] = seenOf(network, sets)
	}
	apex := h.FQDN()
	sets, _ := h.sets.Get(apex)
	all[apex] = append(h.servers(server), seenOf(network, sets)...)
	return all
}

func seenOf(network string, sets []compiled) (records []dns.RR) {
	own, alias, other := map[string]bool{}, false, false
	for _, s := range sets {
		if network != "" && s.Network == network {
			own[s.Type] = true
			alias, other = alias || s.Type == "CNAME", other || s.Type != "CNAME"
		}
	}
	for _, s := range sets {
		hidden := own[s.Type] || alias || other && s.Type == "CNAME"
		if s.Network == network || s.Network == "" && !hidden {
			records = append(records, s.records...)
		}
	}
	return records
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

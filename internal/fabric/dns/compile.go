package dns

import (
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
)

// heldZone is a zone as it is in memory.
type heldZone struct {
	Zone

	// sets are by name, and records those of each.
	sets    []Held
	records [][]dns.RR
	// base is what those see for whom there is nothing of their own.
	base *zone.Zone
	// of has what networks see that have sets of their own.
	of map[string]*zone.Zone
}

// compile makes a zone of its settings and its sets. Records of sets that are as they were
// before are taken from there.
func compile(z Zone, sets []Held, server string, before *heldZone) (*heldZone, error) {
	h := &heldZone{Zone: z, sets: sets, records: make([][]dns.RR, len(sets)), of: map[string]*zone.Zone{}}
	known := before.known()
	networks := []string{}
	for i, s := range sets {
		var err error
		if same, ok := known[whereOf(s)]; ok && s.Set.Equal(before.sets[same].Set) {
			h.records[i] = before.records[same]
		} else if h.records[i], err = s.RRs(); err != nil {
			return nil, fmt.Errorf("zone %s: %w", z.Name, err)
		}
		if s.Network != "" && !slices.Contains(networks, s.Network) {
			networks = append(networks, s.Network)
		}
	}
	h.base = h.seen("", server)
	for _, network := range networks {
		h.of[network] = h.seen(network, server)
	}
	return h, nil
}

// where is the place of a set in a zone.
type where struct{ name, kind, network string }

func whereOf(h Held) where { return where{h.Name, h.Type, h.Network} }

// known says where in the zone each set is.
func (h *heldZone) known() map[where]int {
	if h == nil {
		return nil
	}
	known := make(map[where]int, len(h.sets))
	for i, s := range h.sets {
		known[whereOf(s)] = i
	}
	return known
}

// seen makes what a network sees of a zone: its own sets in the place of those for all. An
// alias of its own also hides the other types of the name, and these hide an alias.
func (h *heldZone) seen(network, server string) *zone.Zone {
	own, named := map[place]bool{}, map[string]string{}
	for _, s := range h.sets {
		if network != "" && s.Network == network {
			own[place{s.Name, s.Type}] = true
			named[s.Name] = s.Type
		}
	}
	records := h.servers(server)
	for i, s := range h.sets {
		alias, other := s.Type == "CNAME", named[s.Name]
		hidden := own[place{s.Name, s.Type}] || other != "" && alias != (other == "CNAME")
		if s.Network == network || s.Network == "" && !hidden {
			records = append(records, h.records[i]...)
		}
	}
	return zone.New(h.soa(server), records)
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

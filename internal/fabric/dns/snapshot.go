package dns

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// snapshot is an immutable view of all records, ready to be answered from.
type snapshot struct {
	revision int64
	zones    []string
	sets     map[string]map[uint16][]dns.RR
	// parents are names that have no record but lie above one (empty
	// non-terminals, RFC 4592 §2.2.2): they exist.
	parents map[string]bool
}

func newSnapshot(zones []string, records []Record, revision int64) *snapshot {
	s := &snapshot{revision: revision, zones: zones, sets: map[string]map[uint16][]dns.RR{}, parents: map[string]bool{}}
	for _, zone := range zones {
		s.addApex(zone)
	}
	for _, r := range records {
		for _, v := range r.Values {
			s.add(r.Name, toRR(r, v))
		}
	}
	return s
}

// addApex adds what every zone has: SOA, NS and the addresses of its server;
// and for localhost the loopback addresses (RFC 6761 §6.3).
func (s *snapshot) addApex(zone string) {
	s.add(zone, s.soa(zone))
	s.add(zone, &dns.NS{Hdr: header(zone, dns.TypeNS, DefaultTTL), Ns: dns.Fqdn("ns." + zone)})
	names := []string{"ns." + zone}
	if zone == "localhost" {
		names = append(names, zone)
	}
	for _, name := range names {
		s.add(name, toRR(Record{Name: name, Type: A, TTL: DefaultTTL}, "127.0.0.1"))
		s.add(name, toRR(Record{Name: name, Type: AAAA, TTL: DefaultTTL}, "::1"))
	}
}

func (s *snapshot) add(name string, rr dns.RR) {
	if rr == nil {
		return
	}
	sets := s.sets[name]
	if sets == nil {
		sets = map[uint16][]dns.RR{}
		s.sets[name] = sets
	}
	sets[rr.Header().Rrtype] = append(sets[rr.Header().Rrtype], rr)
	for _, rest, ok := strings.Cut(name, "."); ok; _, rest, ok = strings.Cut(rest, ".") {
		s.parents[rest] = true
	}
}

// soa returns a zone's SOA; its serial is the revision, and its minimum bounds
// how long an absence may be remembered (RFC 2308).
func (s *snapshot) soa(zone string) dns.RR {
	return &dns.SOA{
		Hdr: header(zone, dns.TypeSOA, 5), Ns: dns.Fqdn("ns." + zone), Mbox: dns.Fqdn("hostmaster." + zone),
		Serial: uint32(s.revision), Refresh: 3600, Retry: 600, Expire: 86400, Minttl: 5,
	}
}

// zoneOf returns the zone that holds a canonical name, the longest one.
func (s *snapshot) zoneOf(name string) (zone string, ok bool) {
	for _, z := range s.zones {
		if (name == z || strings.HasSuffix(name, "."+z)) && len(z) > len(zone) {
			zone = z
		}
	}
	return zone, zone != ""
}

func (s *snapshot) exists(name string) bool {
	return s.sets[name] != nil || s.parents[name]
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

package dns

import (
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
)

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
		return &dns.A{Hdr: hdr, A: net.ParseIP(value)}
	case AAAA:
		return &dns.AAAA{Hdr: hdr, AAAA: net.ParseIP(value)}
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

// chunks cuts a text into character strings of at most 255 bytes (RFC 1035 §3.3.14).
func chunks(s string) []string {
	var out []string
	for len(s) > 255 {
		out = append(out, s[:255])
		s = s[255:]
	}
	return append(out, s)
}

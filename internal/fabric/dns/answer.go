package dns

import (
	"net"
	"strings"

	"github.com/miekg/dns"
)

const (
	// maxUDP bounds a UDP reply so that it is never fragmented (RFC 9715).
	maxUDP = 1232
	// maxChain bounds how many CNAMEs are followed.
	maxChain = 8
)

// Answer returns the reply to a query (RFC 1035 §4, RFC 2308, RFC 6891). It
// never waits: it reads the current snapshot.
func (s *Service) Answer(query *dns.Msg) *dns.Msg {
	reply := new(dns.Msg).SetReply(query)
	reply.RecursionAvailable = false
	if opt := query.IsEdns0(); opt != nil {
		reply.SetEdns0(maxUDP, false)
		if opt.Version() != 0 {
			reply.Rcode = dns.RcodeBadVers
			return reply
		}
	}
	switch {
	case query.Opcode != dns.OpcodeQuery:
		reply.Rcode = dns.RcodeNotImplemented
	case len(query.Question) != 1:
		reply.Rcode = dns.RcodeFormatError
	default:
		s.snapshot.Load().answer(reply, query.Question[0])
	}
	return reply
}

func (s *snapshot) answer(reply *dns.Msg, q dns.Question) {
	name := CanonicalName(q.Name)
	zone, ok := s.zoneOf(name)
	if !ok || q.Qclass != dns.ClassINET || q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR {
		reply.Rcode = dns.RcodeRefused
		return
	}
	reply.Authoritative = true
	for range maxChain {
		sets := s.sets[name]
		if found := pick(sets, q.Qtype); len(found) > 0 {
			reply.Answer = append(reply.Answer, spell(found, q.Name, len(reply.Answer) == 0)...)
			return
		}
		alias := sets[dns.TypeCNAME]
		if len(alias) == 0 {
			break
		}
		reply.Answer = append(reply.Answer, spell(alias, q.Name, len(reply.Answer) == 0)...)
		name = CanonicalName(alias[0].(*dns.CNAME).Target) //nolint:forcetypeassert // the set of that type
		if zone, ok = s.zoneOf(name); !ok {
			return
		}
	}
	if !s.exists(name) {
		reply.Rcode = dns.RcodeNameError
	}
	reply.Ns = append(reply.Ns, s.soa(zone))
}

// pick returns the set of a type; for ANY one set is enough (RFC 8482 §4.1).
func pick(sets map[uint16][]dns.RR, qtype uint16) []dns.RR {
	if qtype != dns.TypeANY {
		return sets[qtype]
	}
	for _, t := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeCNAME, dns.TypeSRV, dns.TypeTXT, dns.TypeSOA} {
		if len(sets[t]) > 0 {
			return sets[t]
		}
	}
	return nil
}

// spell returns records under the name as the query spelled it, which clients
// that mix its case compare; first says that they belong to that name.
func spell(records []dns.RR, name string, first bool) []dns.RR {
	if !first || name == strings.ToLower(name) {
		return records
	}
	out := make([]dns.RR, 0, len(records))
	for _, rr := range records {
		rr = dns.Copy(rr)
		rr.Header().Name = name
		out = append(out, rr)
	}
	return out
}

// fit truncates a reply to what its client takes over UDP.
func fit(reply, query *dns.Msg) {
	size := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		size = min(max(int(opt.UDPSize()), dns.MinMsgSize), maxUDP)
	}
	reply.Truncate(size)
}

func parseIP(s string) net.IP { return net.ParseIP(s) }

// chunks cuts a text into character strings of at most 255 bytes (RFC 1035 §3.3.14).
func chunks(s string) []string {
	var out []string
	for len(s) > 255 {
		out = append(out, s[:255])
		s = s[255:]
	}
	return append(out, s)
}

package dns

import (
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
)

// transferBytes is about how much one message of a transfer has.
const transferBytes = 16 << 10

// transfer returns the records that a transfer of a zone has (RFC 5936 §2.2), from the SOA to
// the SOA, or the code of a refusal. Who has a key gets what all see of the key's zone; an
// address that the zone allows, what is seen from there. An incremental transfer (RFC 1995
// §4) is answered by the SOA where nothing has changed, and by all else.
func (s *Service) transfer(from netip.Addr, k *heldKey, query *dns.Msg) (records []dns.RR, code int) {
	q := query.Question[0]
	z := s.transferred(from, k, zone.Canonical(q.Name))
	switch {
	case q.Qclass != dns.ClassINET:
		return nil, dns.RcodeRefused
	case z == nil && k != nil:
		return nil, dns.RcodeNotAuth
	case z == nil:
		return nil, dns.RcodeRefused
	}
	if q.Qtype == dns.TypeIXFR && len(query.Ns) == 1 {
		if held, ok := query.Ns[0].(*dns.SOA); ok && int32(z.SOA.Serial-held.Serial) <= 0 {
			return []dns.RR{z.SOA}, dns.RcodeSuccess
		}
	}
	return append(append([]dns.RR{z.SOA}, z.Records()...), z.SOA), dns.RcodeSuccess
}

// transferred returns the zone that is copied, or nil.
func (s *Service) transferred(from netip.Addr, k *heldKey, name string) *zone.Zone {
	held := s.snapshot.Load()
	if k != nil {
		h := held.zones[of{k.Scope.Tenant, k.Zone}]
		if h == nil || !k.Transfer || h.base.Name != name {
			return nil
		}
		return h.base
	}
	v := held.viewOf(from)
	e, ok := v.table[name]
	if !ok {
		return nil
	}
	for _, h := range held.zones {
		seen := h.Everywhere || v.network != nil && v.network.Scope.Tenant == h.Scope.Tenant
		if h.base.Name == name && seen && h.allows(from) && (e.Zone == h.base || v.network != nil && e.Zone == h.of[v.network.Name]) {
			return e.Zone
		}
	}
	return nil
}

// allows reports whether an address may copy the zone without a key.
func (h *heldZone) allows(from netip.Addr) bool {
	return slices.ContainsFunc(prefixesOf(h.Secondary.Allow), func(p netip.Prefix) bool { return p.Contains(from.Unmap()) })
}

// envelopes cuts records into messages.
func envelopes(records []dns.RR) chan *dns.Envelope {
	out := make(chan *dns.Envelope, len(records))
	from, size := 0, 0
	for i, rr := range records {
		if size += dns.Len(rr); size > transferBytes && i > from {
			out <- &dns.Envelope{RR: records[from:i]}
			from, size = i, dns.Len(rr)
		}
	}
	out <- &dns.Envelope{RR: records[from:]}
	close(out)
	return out
}

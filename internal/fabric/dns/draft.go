package dns

import (
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
)

// draft is a zone while an update is applied to it. Sets of networks, and those that follow
// from private endpoints, take no part: the latter cannot be changed.
type draft struct {
	zone   Zone
	sets   map[place]*Held
	before map[place]Held
	others []Held
}

// place names a set.
type place struct{ name, kind string }

func newDraft(z Zone, all []Held) *draft {
	d := &draft{zone: z, sets: map[place]*Held{}, before: map[place]Held{}}
	for _, h := range all {
		if h.Network != "" {
			d.others = append(d.others, h)
			continue
		}
		at := place{h.Name, h.Type}
		d.before[at] = h
		h.Values = slices.Clone(h.Values)
		d.sets[at] = &h
	}
	return d
}

// named are the sets of a name; the zone itself has its SOA and NS, too.
func (d *draft) named(name string) (n int) {
	for at := range d.sets {
		n += count(at.name == name)
	}
	return n + count(name == d.zone.FQDN())
}

// meets checks the prerequisites (RFC 2136 §3.2).
func (d *draft) meets(all []dns.RR) error {
	wanted := map[place][]string{}
	for _, rr := range all {
		h := rr.Header()
		at := place{zone.Canonical(h.Name), dns.TypeToString[h.Rrtype]}
		if h.Ttl != 0 {
			return rcode(dns.RcodeFormatError)
		}
		if !zone.Within(at.name, d.zone.FQDN()) {
			return rcode(dns.RcodeNotZone)
		}
		switch h.Class {
		case dns.ClassANY:
			if h.Rrtype == dns.TypeANY && d.named(at.name) == 0 {
				return rcode(dns.RcodeNameError)
			} else if h.Rrtype != dns.TypeANY && !d.has(at) {
				return rcode(dns.RcodeNXRrset)
			}
		case dns.ClassNONE:
			if h.Rrtype == dns.TypeANY && d.named(at.name) > 0 {
				return rcode(dns.RcodeYXDomain)
			} else if h.Rrtype != dns.TypeANY && d.has(at) {
				return rcode(dns.RcodeYXRrset)
			}
		case dns.ClassINET:
			wanted[at] = append(wanted[at], plainValue(rr))
		default:
			return rcode(dns.RcodeFormatError)
		}
	}
	for at, values := range wanted {
		if d.sets[at] == nil || !d.sets[at].consistsOf(values) {
			return rcode(dns.RcodeNXRrset)
		}
	}
	return nil
}

// consistsOf reports whether a set has these values and no others.
func (h Held) consistsOf(values []string) bool {
	found := map[int]bool{}
	for _, v := range values {
		at := h.Index(v)
		if at < 0 {
			return false
		}
		found[at] = true
	}
	return len(found) == len(h.Values)
}

// has reports whether there is a set; that of the zone's own records there always is.
func (d *draft) has(at place) bool {
	return d.sets[at] != nil || at.name == d.zone.FQDN() && (at.kind == "SOA" || at.kind == "NS")
}

// plainValue is the data of a record as sets keep it.
func plainValue(rr dns.RR) string {
	set := zone.SetsOf([]dns.RR{rr})[0]
	if normal, problems := set.Normal(); len(problems) == 0 {
		return normal.Values[0]
	}
	return set.Values[0]
}

// apply does one update (RFC 2136 §3.4.2).
func (d *draft) apply(rr dns.RR) {
	h := rr.Header()
	at := place{zone.Canonical(h.Name), dns.TypeToString[h.Rrtype]}
	switch h.Class {
	case dns.ClassANY:
		for other := range d.sets {
			if other.name == at.name && (h.Rrtype == dns.TypeANY || other.kind == at.kind) {
				delete(d.sets, other)
			}
		}
	case dns.ClassNONE:
		of := *h
		h.Class = dns.ClassINET
		value := plainValue(rr)
		*h = of
		if set := d.sets[at]; set != nil {
			if i := set.Index(value); i >= 0 {
				set.Values = slices.Delete(set.Values, i, i+1)
			}
			if len(set.Values) == 0 {
				delete(d.sets, at)
			}
		}
	default:
		d.addRR(at, rr)
	}
}

// addRR adds a record, unless it would stand beside a CNAME (RFC 2136 §3.4.2.2). A CNAME
// takes the place of one.
func (d *draft) addRR(at place, rr dns.RR) {
	for other := range d.sets {
		if other.name == at.name && (other.kind == "CNAME") != (at.kind == "CNAME") {
			return
		}
	}
	value, ttl := plainValue(rr), max(rr.Header().Ttl, 1)
	set := d.sets[at]
	if set == nil || at.kind == "CNAME" {
		d.sets[at] = &Held{Set: zone.Set{Name: at.name, Type: at.kind, TTL: ttl, Values: []string{value}}}
		return
	}
	set.TTL = ttl
	if set.Index(value) < 0 {
		set.Values = append(set.Values, value)
	}
}

// changes are the sets to keep and to remove.
func (d *draft) changes() (put, drop []Held) {
	for at, set := range d.sets {
		old, known := d.before[at]
		if !known || old.TTL != set.TTL || !slices.Equal(sorted(old.Values), sorted(set.Values)) {
			put = append(put, *set)
		}
	}
	for at, old := range d.before {
		if d.sets[at] == nil {
			drop = append(drop, old)
		}
	}
	for _, all := range [][]Held{put, drop} {
		slices.SortFunc(all, func(a, b Held) int { return strings.Compare(a.Name+" "+a.Type, b.Name+" "+b.Type) })
	}
	return put, drop
}

func (d *draft) all() []Held {
	all := slices.Clone(d.others)
	for _, set := range d.sets {
		all = append(all, *set)
	}
	return all
}

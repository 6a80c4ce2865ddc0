package dns

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxUpdate bounds the records of a dynamic update.
const maxUpdate = 500

// rcode is an error that is answered with a code.
type rcode int

func (r rcode) Error() string { return dns.RcodeToString[int(r)] }

// Update does what a dynamic update asks for (RFC 2136), signed by a key: all of it in one
// transaction with the fact, or nothing. It returns the code of the reply.
func (s *Service) Update(ctx context.Context, k *heldKey, update *dns.Msg) int {
	err := s.update(ctx, k, update)
	if code, ok := err.(rcode); ok { //nolint:errorlint // nothing wraps it
		return int(code)
	}
	switch {
	case err == nil:
		return dns.RcodeSuccess
	case kernel.Is(err, kernel.Unavailable), kernel.Is(err, kernel.Internal):
		s.Log.ErrorContext(ctx, "a dynamic update could not be kept", "key", k.KeyName, "error", err)
		return dns.RcodeServerFailure
	}
	s.Log.InfoContext(ctx, "a dynamic update was refused", "key", k.KeyName, "error", err)
	return dns.RcodeRefused
}

func (s *Service) update(ctx context.Context, k *heldKey, update *dns.Msg) error {
	if len(update.Question) != 1 || update.Question[0].Qtype != dns.TypeSOA || update.Question[0].Qclass != dns.ClassINET {
		return rcode(dns.RcodeFormatError)
	}
	if len(update.Answer)+len(update.Ns) > maxUpdate {
		return rcode(dns.RcodeRefused)
	}
	if zone.Canonical(update.Question[0].Name) != zone.Canonical(k.Zone) {
		return rcode(dns.RcodeNotAuth)
	}
	if err := prescan(k, update.Ns); err != nil {
		return err
	}
	actor := kernel.Actor{ID: "dns-key:" + k.KeyName, Name: "DNS key " + k.KeyName, Kind: kernel.ActorService, Tenant: k.Scope.Tenant}
	return s.write(kernel.WithActor(ctx, actor), func(ctx context.Context) error {
		if _, err := s.Book.Get(ctx, KindKey, k.Scope.Tenant, k.Name); err != nil {
			return rcode(dns.RcodeNotAuth) // it was deleted a moment ago
		}
		z, err := s.zone(ctx, k.Scope.Tenant, k.Zone)
		if err != nil {
			return err
		}
		return s.changeHeld(ctx, z, func(_ context.Context, z Zone, all []Held) (put, drop []Held, err error) {
			d := newDraft(z, all)
			if err := d.meets(update.Answer); err != nil {
				return nil, nil, err
			}
			return s.applied(d, update.Ns)
		})
	})
}

// applied applies updates to a draft, and returns what they change.
func (s *Service) applied(d *draft, updates []dns.RR) (put, drop []Held, err error) {
	for _, rr := range updates {
		d.apply(rr)
	}
	put, drop = d.changes()
	for _, h := range slices.Concat(put, drop) {
		if old := d.before[place{h.Name, h.Type}]; old.Endpoint != "" {
			return nil, nil, rcode(dns.RcodeRefused)
		}
	}
	for i, h := range put {
		if put[i], err = s.admitSet(d.zone, h); err != nil {
			return nil, nil, err
		}
	}
	return put, drop, clash(d.all())
}

// prescan checks the form of updates and whether the key may make them (RFC 2136 §3.4.1).
func prescan(k *heldKey, updates []dns.RR) error {
	for _, rr := range updates {
		h := rr.Header()
		name, kind := zone.Canonical(h.Name), dns.TypeToString[h.Rrtype]
		if !zone.Within(name, zone.Canonical(k.Zone)) {
			return rcode(dns.RcodeNotZone)
		}
		switch h.Class {
		case dns.ClassINET:
			if h.Rrtype == dns.TypeANY || h.Rrtype == dns.TypeAXFR || h.Rrtype == dns.TypeIXFR {
				return rcode(dns.RcodeFormatError)
			}
		case dns.ClassANY:
			if h.Ttl != 0 || h.Rdlength != 0 || h.Rrtype == dns.TypeAXFR || h.Rrtype == dns.TypeIXFR {
				return rcode(dns.RcodeFormatError)
			}
		case dns.ClassNONE:
			if h.Ttl != 0 || h.Rrtype == dns.TypeANY {
				return rcode(dns.RcodeFormatError)
			}
		default:
			return rcode(dns.RcodeFormatError)
		}
		if h.Rrtype != dns.TypeANY && !slices.Contains(zone.Types(), kind) {
			return rcode(dns.RcodeRefused)
		}
		if h.Rrtype == dns.TypeANY && len(k.Types) > 0 || h.Rrtype != dns.TypeANY && !k.mayUpdate(name, kind) || h.Rrtype == dns.TypeANY && !k.mayUpdate(name, "ANY") {
			return rcode(dns.RcodeRefused)
		}
	}
	return nil
}

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
		if d.sets[at] == nil || !slices.Equal(sorted(d.sets[at].Values), sorted(values)) {
			return rcode(dns.RcodeNXRrset)
		}
	}
	return nil
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
			if set.Values = slices.DeleteFunc(set.Values, func(v string) bool { return v == value }); len(set.Values) == 0 {
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
	value := plainValue(rr)
	set := d.sets[at]
	if set == nil || at.kind == "CNAME" {
		d.sets[at] = &Held{Set: zone.Set{Name: at.name, Type: at.kind, TTL: rr.Header().Ttl, Values: []string{value}}}
		return
	}
	set.TTL = rr.Header().Ttl
	if !slices.Contains(set.Values, value) {
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

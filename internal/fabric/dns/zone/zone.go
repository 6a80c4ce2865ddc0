package zone

import (
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone/versioned"
)

// Zone is what there is of a zone, ready to be answered from. It never changes, so any
// number of goroutines may read it.
type Zone struct {
	// Name is canonical.
	Name string
	// SOA heads the zone and its transfers; its serial is the zone's.
	SOA *dns.SOA
	// negative is the SOA of negative answers: its TTL says how long they hold (RFC 2308 §5).
	negative []dns.RR
	nodes    versioned.Map[*node]
	// cuts counts the names at which something below is delegated.
	cuts    int
	records int
}

// node is a name that exists. One without sets lies above another one (RFC 4592 §2.2.2). It
// never changes.
type node struct {
	sets []set
	// below counts the names that exist directly below it.
	below int
}

type set struct {
	kind uint16
	// rrs has no room left, so that an append copies.
	rrs []dns.RR
}

func (n *node) of(kind uint16) []dns.RR {
	for i := range n.sets {
		if n.sets[i].kind == kind {
			return n.sets[i].rrs
		}
	}
	return nil
}

// setsOf are records by their types.
func setsOf(records []dns.RR) (sets []set) {
	for _, rr := range records {
		kind := rr.Header().Rrtype
		at := slices.IndexFunc(sets, func(s set) bool { return s.kind == kind })
		if at < 0 {
			sets, at = append(sets, set{kind: kind}), len(sets)
		}
		sets[at].rrs = append(sets[at].rrs, rr)
	}
	for i := range sets {
		sets[i].rrs = slices.Clip(sets[i].rrs)
	}
	return sets
}

func (n *node) records() (count int) {
	for i := range n.sets {
		count += len(n.sets[i].rrs)
	}
	return count
}

// New makes a zone of its SOA and its other records. Records outside of the zone are left
// out.
func New(soa *dns.SOA, records []dns.RR) *Zone {
	names := map[string][]dns.RR{}
	for _, rr := range records {
		name := Canonical(rr.Header().Name)
		names[name] = append(names[name], rr)
	}
	return (&Zone{Name: Canonical(soa.Hdr.Name)}).Change(soa, names)
}

// Change returns the zone with another SOA, and with other records at some names, none for names
// that have none any longer. Those of the zone itself are as they were unless they are given.
// Names outside of the zone are left out. What it costs is by what changes.
func (z *Zone) Change(soa *dns.SOA, names map[string][]dns.RR) *Zone {
	next := &Zone{Name: z.Name, SOA: soa, cuts: z.cuts, records: z.records}
	held := *soa
	held.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	next.negative = []dns.RR{&held}
	e := edit{next, z.nodes.Edit(len(names))}
	apex, given := names[z.Name]
	if before, ok := z.nodes.Get(z.Name); ok && !given {
		for i := range before.sets {
			if before.sets[i].kind != dns.TypeSOA {
				apex = append(apex, before.sets[i].rrs...)
			}
		}
	}
	e.put(z.Name, append([]dns.RR{soa}, apex...))
	for name, records := range names {
		if name != z.Name && Within(name, z.Name) {
			e.put(name, records)
		}
	}
	next.nodes = e.nodes.Map()
	return next
}

// edit is a zone that is being made.
type edit struct {
	*Zone

	nodes *versioned.Edit[*node]
}

// put has a name have records.
func (e edit) put(name string, records []dns.RR) {
	n := &node{sets: setsOf(records)}
	before, there := e.nodes.Get(name)
	if there {
		n.below = before.below
		e.Zone.records -= before.records()
		e.cuts -= e.cut(name, before)
	}
	e.Zone.records += len(records)
	e.cuts += e.cut(name, n)
	if len(n.sets) == 0 && n.below == 0 && name != e.Name {
		if there {
			e.nodes.Delete(name)
			e.count(parent(name), -1)
		}
		return
	}
	e.nodes.Set(name, n)
	if !there && name != e.Name {
		e.count(parent(name), 1)
	}
}

// count notes that one name more, or less, exists below another one, which exists as long as
// there is one.
func (e edit) count(name string, more int) {
	n, there := e.nodes.Get(name)
	if !there {
		n = &node{}
	}
	next := &node{sets: n.sets, below: n.below + more}
	if next.below == 0 && len(next.sets) == 0 && name != e.Name {
		e.nodes.Delete(name)
	} else {
		e.nodes.Set(name, next)
		if there {
			return
		}
	}
	if name != e.Name {
		e.count(parent(name), more)
	}
}

// cut is 1 for a name at which something is delegated.
func (e edit) cut(name string, n *node) int {
	if name != e.Name && n.of(dns.TypeNS) != nil {
		return 1
	}
	return 0
}

// exists returns a name's node, nil for none.
func (z *Zone) exists(name string) *node {
	n, _ := z.nodes.Get(name)
	return n
}

// Len returns how many records there are, the SOA among them.
func (z *Zone) Len() int { return z.records }

// Kind says what a lookup came to.
type Kind int

// What a lookup comes to: records of the type, an alias for another name, a name without
// the type, no such name, a delegation to other servers.
const (
	Found Kind = iota
	Alias
	NoData
	NoName
	Delegated
)

// Result is what a zone has for a name and a type.
type Result struct {
	Kind Kind
	// RRs are the records: of the type, the CNAME, or the NS of the delegation. Nobody may
	// change them.
	RRs []dns.RR
	// Source is the name that has them where it is another one: a wildcard, or where the
	// delegation begins.
	Source string
}

// Lookup looks a canonical name up that lies within the zone (RFC 1034 §4.3.2, with
// wildcards as in RFC 4592 §3.3.1).
func (z *Zone) Lookup(name string, kind uint16) Result {
	if z.cuts > 0 {
		if cut, ns := z.cutAbove(name, kind); ns != nil {
			return Result{Delegated, ns, cut}
		}
	}
	if n := z.exists(name); n != nil {
		return n.result(kind, "")
	}
	encloser := parent(name)
	for z.exists(encloser) == nil {
		encloser = parent(encloser)
	}
	wildcard := "*." + strings.TrimPrefix(encloser, ".")
	if n := z.exists(wildcard); n != nil {
		return n.result(kind, wildcard)
	}
	return Result{Kind: NoName}
}

func (n *node) result(kind uint16, source string) Result {
	if kind == dns.TypeANY && len(n.sets) > 0 { // one set is enough (RFC 8482 §4.1)
		return Result{Found, n.sets[0].rrs, source}
	}
	if rrs := n.of(kind); rrs != nil {
		return Result{Found, rrs, source}
	}
	if rrs := n.of(dns.TypeCNAME); rrs != nil {
		return Result{Alias, rrs, source}
	}
	return Result{Kind: NoData, Source: source}
}

// cutAbove returns the highest delegation at or above a name, below the zone itself. The DS
// of a delegation is this zone's (RFC 4035 §3.1.4.1).
func (z *Zone) cutAbove(name string, kind uint16) (cut string, ns []dns.RR) {
	for at := name; at != z.Name; at = parent(at) {
		if at == name && kind == dns.TypeDS {
			continue
		}
		if n := z.exists(at); n != nil {
			if found := n.of(dns.TypeNS); found != nil {
				cut, ns = at, found
			}
		}
	}
	return cut, ns
}

// addresses returns the addresses of a name, below a delegation too, as glue.
func (z *Zone) addresses(name string) (all []dns.RR) {
	if n := z.exists(name); n != nil {
		all = append(append(all, n.of(dns.TypeA)...), n.of(dns.TypeAAAA)...)
	}
	return all
}

// Records returns all records but the SOA, in no order.
func (z *Zone) Records() []dns.RR {
	all := make([]dns.RR, 0, z.records)
	for _, n := range z.nodes.All() {
		for i := range n.sets {
			if n.sets[i].kind != dns.TypeSOA {
				all = append(all, n.sets[i].rrs...)
			}
		}
	}
	return all
}

package zone

import (
	"strings"

	"github.com/miekg/dns"
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
	nodes    map[string]*node
	// cut says that something below is delegated.
	cut     bool
	records int
}

// node is a name that exists. One without sets lies above another one (RFC 4592 §2.2.2).
type node struct{ sets []set }

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

func (n *node) add(rr dns.RR) {
	kind := rr.Header().Rrtype
	for i := range n.sets {
		if n.sets[i].kind == kind {
			n.sets[i].rrs = append(n.sets[i].rrs, rr)
			return
		}
	}
	n.sets = append(n.sets, set{kind: kind, rrs: []dns.RR{rr}})
}

// New makes a zone of its SOA and its other records. Records outside of the zone are left
// out.
func New(soa *dns.SOA, records []dns.RR) *Zone {
	z := &Zone{Name: Canonical(soa.Hdr.Name), SOA: soa, nodes: make(map[string]*node, len(records))}
	held := *soa
	held.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	z.negative = []dns.RR{&held}
	z.add(soa)
	for _, rr := range records {
		if Within(Canonical(rr.Header().Name), z.Name) {
			z.add(rr)
		}
	}
	for _, n := range z.nodes {
		for i := range n.sets {
			n.sets[i].rrs = n.sets[i].rrs[:len(n.sets[i].rrs):len(n.sets[i].rrs)]
		}
	}
	return z
}

func (z *Zone) add(rr dns.RR) {
	name := Canonical(rr.Header().Name)
	z.node(name).add(rr)
	z.records++
	z.cut = z.cut || name != z.Name && rr.Header().Rrtype == dns.TypeNS
	for above := name; above != z.Name; {
		above = parent(above)
		if z.nodes[above] != nil {
			return
		}
		z.node(above)
	}
}

func (z *Zone) node(name string) *node {
	n := z.nodes[name]
	if n == nil {
		n = &node{}
		z.nodes[name] = n
	}
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
	if z.cut {
		if cut, ns := z.cutAbove(name, kind); ns != nil {
			return Result{Delegated, ns, cut}
		}
	}
	if n := z.nodes[name]; n != nil {
		return n.result(kind, "")
	}
	encloser := parent(name)
	for z.nodes[encloser] == nil {
		encloser = parent(encloser)
	}
	wildcard := "*." + strings.TrimPrefix(encloser, ".")
	if n := z.nodes[wildcard]; n != nil {
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
		if n := z.nodes[at]; n != nil {
			if found := n.of(dns.TypeNS); found != nil {
				cut, ns = at, found
			}
		}
	}
	return cut, ns
}

// addresses returns the addresses of a name, below a delegation too, as glue.
func (z *Zone) addresses(name string) (all []dns.RR) {
	if n := z.nodes[name]; n != nil {
		all = append(append(all, n.of(dns.TypeA)...), n.of(dns.TypeAAAA)...)
	}
	return all
}

// Records returns all records but the SOA, in no order.
func (z *Zone) Records() []dns.RR {
	all := make([]dns.RR, 0, z.records)
	for _, n := range z.nodes {
		for i := range n.sets {
			if n.sets[i].kind != dns.TypeSOA {
				all = append(all, n.sets[i].rrs...)
			}
		}
	}
	return all
}

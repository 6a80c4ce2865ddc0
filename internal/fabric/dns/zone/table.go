package zone

import (
	"github.com/miekg/dns"
)

// maxChain bounds how many aliases are followed.
const maxChain = 8

// Entry is a zone as it is seen from somewhere.
type Entry struct {
	*Zone
	// Redirect has names that the zone does not have resolved elsewhere, as Azure's policy
	// NxDomainRedirect of a link does.
	Redirect bool
}

// Table has the zones that are seen from somewhere, by their names.
type Table map[string]Entry

// Find returns the zone that a canonical name belongs to: the closest one above it.
func (t Table) Find(name string) (Entry, bool) {
	for at := name; ; at = parent(at) {
		if e, ok := t[at]; ok {
			return e, true
		}
		if at == "." {
			return Entry{}, false
		}
	}
}

// Has reports whether a canonical name belongs to a zone.
func (t Table) Has(name string) bool {
	_, ok := t.Find(name)
	return ok
}

// Step is one step of a resolution, for who has it explained.
type Step struct {
	Kind StepKind
	// Name is what was looked up.
	Name string
	// Zone is whose turn it was, and Source where in it that was found: a wildcard, where a
	// delegation begins, or what an alias leads to.
	Zone, Source string
	Records      []dns.RR
}

// StepKind says what a step was.
type StepKind int

// The steps that there are. Outside is a name that no zone has.
const (
	StepZone StepKind = iota
	StepFound
	StepAlias
	StepNoData
	StepNoName
	StepRedirected
	StepDelegated
	StepOutside
	StepLoop
)

// Trace notes steps. A nil one notes nothing.
type Trace struct{ Steps []Step }

func (t *Trace) add(s Step) {
	if t != nil {
		t.Steps = append(t.Steps, s)
	}
}

// Elsewhere says for which names others can be asked.
type Elsewhere interface{ Has(name string) bool }

// Answer adds to a reply what the table says about its question, and returns the name at
// which others have to be asked: what an alias leads to, or what a zone leaves to them; "" is
// none. Without a zone for the name it is the name itself, and nothing is added. Zones leave
// names to others only where elsewhere, which may be nil, has them.
func (t Table) Answer(reply *dns.Msg, q dns.Question, elsewhere Elsewhere, trace *Trace) (rest string) {
	name := Canonical(q.Name)
	for hop := range maxChain {
		e, ok := t.Find(name)
		if !ok {
			trace.add(Step{Kind: StepOutside, Name: name})
			return name
		}
		trace.add(Step{Kind: StepZone, Name: name, Zone: e.Name})
		if hop == 0 {
			reply.Authoritative = true
		}
		r := e.Lookup(name, q.Qtype)
		if r.Kind == NoName && e.Redirect && elsewhere != nil && elsewhere.Has(name) {
			trace.add(Step{Kind: StepRedirected, Name: name, Zone: e.Name})
			reply.Authoritative = hop > 0
			return name
		}
		next := e.write(reply, name, q, r, hop == 0, trace)
		if next == "" {
			return ""
		}
		name = next
	}
	trace.add(Step{Kind: StepLoop, Name: name})
	return ""
}

// write adds what was found to a reply, and returns what an alias leads to.
func (e Entry) write(reply *dns.Msg, name string, q dns.Question, r Result, first bool, trace *Trace) (next string) {
	switch r.Kind {
	case Found:
		trace.add(Step{StepFound, name, e.Name, r.Source, r.RRs})
		reply.Answer = join(reply.Answer, owned(r, name, q.Name, first))
		e.additional(reply, r.RRs)
	case Alias:
		next = Canonical(r.RRs[0].(*dns.CNAME).Target) //nolint:forcetypeassert // the set of that type
		trace.add(Step{StepAlias, name, e.Name, next, r.RRs})
		reply.Answer = join(reply.Answer, owned(r, name, q.Name, first))
	case Delegated:
		trace.add(Step{StepDelegated, name, e.Name, r.Source, r.RRs})
		reply.Authoritative = !first
		reply.Ns = join(reply.Ns, r.RRs)
		e.additional(reply, r.RRs)
	case NoName:
		trace.add(Step{Kind: StepNoName, Name: name, Zone: e.Name})
		reply.Rcode = dns.RcodeNameError
		reply.Ns = join(reply.Ns, e.negative)
	default:
		trace.add(Step{Kind: StepNoData, Name: name, Zone: e.Name, Source: r.Source})
		reply.Ns = join(reply.Ns, e.negative)
	}
	return next
}

// additional adds the addresses of what records name, where the zone has them: the glue of
// delegations (RFC 1034 §4.2.1), and what saves a question elsewhere.
func (e Entry) additional(reply *dns.Msg, records []dns.RR) {
	for _, rr := range records {
		var target string
		switch rr := rr.(type) {
		case *dns.NS:
			target = rr.Ns
		case *dns.MX:
			target = rr.Mx
		case *dns.SRV:
			target = rr.Target
		default:
			return
		}
		if target = Canonical(target); Within(target, e.Name) {
			reply.Extra = join(reply.Extra, e.addresses(target))
		}
	}
}

// join appends, and copies nothing where there is nothing yet.
func join(to, more []dns.RR) []dns.RR {
	if len(to) == 0 {
		return more[:len(more):len(more)]
	}
	return append(to, more...)
}

// owned returns records under the name that was asked for: as the question spells it, which
// who mixes its case compares, and in the place of a wildcard.
func owned(r Result, name, asked string, first bool) []dns.RR {
	switch {
	case first && asked != name:
		name = asked
	case r.Source == "":
		return r.RRs
	}
	out := make([]dns.RR, 0, len(r.RRs))
	for _, rr := range r.RRs {
		rr = dns.Copy(rr)
		rr.Header().Name = name
		out = append(out, rr)
	}
	return out
}

package dns

import (
	"context"
	"net/netip"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/forward"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/ratelimit"
)

const (
	// maxUDP bounds a UDP reply so that it is never fragmented (RFC 9715).
	maxUDP = 1232
	// maxHops bounds how often an answer goes from zones to forwarders and back.
	maxHops = 8
)

// forwardRate is how many questions of a client are asked elsewhere. With servers that answer
// nothing these are less than may be underway of all clients, so that one leaves room for others.
func forwardRate() ratelimit.Rate { return ratelimit.PerMinute(12000, 1000) }

// Answer returns the reply to a query of who is in no network. It never waits: it reads the
// current snapshot.
func (s *Service) Answer(query *dns.Msg) *dns.Msg {
	return s.Resolve(context.Background(), netip.Addr{}, query)
}

// Resolve returns the reply to a query (RFC 1035 §4, RFC 2308, RFC 6891) from an address.
// What zones have is read from the current snapshot, and waits for nothing.
func (s *Service) Resolve(ctx context.Context, from netip.Addr, query *dns.Msg) *dns.Msg {
	reply := new(dns.Msg).SetReply(query)
	held := s.snapshot.Load()
	v := held.viewOf(from)
	var do bool
	if opt := query.IsEdns0(); opt != nil {
		if opt.Version() != 0 {
			reply.SetEdns0(maxUDP, false)
			reply.Rcode = dns.RcodeBadVers
			return reply
		}
		do = opt.Do()
		var subnet *dns.EDNS0_SUBNET
		v, subnet = held.behind(v, opt)
		defer func() { withOPT(reply, do, subnet) }() // behind the other records
	}
	switch {
	case query.Opcode != dns.OpcodeQuery:
		reply.Rcode = dns.RcodeNotImplemented
	case len(query.Question) != 1, len(query.Extra) > 1 && severalOPT(query.Extra):
		reply.Rcode = dns.RcodeFormatError
	case query.Question[0].Qclass != dns.ClassINET, query.Question[0].Qtype == dns.TypeAXFR, query.Question[0].Qtype == dns.TypeIXFR:
		reply.Rcode = dns.RcodeRefused
	default:
		reply.RecursionAvailable = v.recursive()
		s.fill(ctx, reply, v, asked{from: from, recurse: query.RecursionDesired && v.recursive(), do: do, cd: query.CheckingDisabled}, nil)
	}
	return reply
}

// severalOPT reports whether there is more than the one that there may be (RFC 6891 §6.1.1).
func severalOPT(extra []dns.RR) bool {
	n := 0
	for _, rr := range extra {
		n += count(rr.Header().Rrtype == dns.TypeOPT)
	}
	return n > 1
}

// asked is how a question is asked.
type asked struct {
	from    netip.Addr
	recurse bool
	do, cd  bool
}

// behind returns what is seen by whom a client asks for that is a resolver (RFC 7871), if it is
// believed. No resolver of a tenant is believed to ask for another one's network.
func (s *snapshot) behind(v *view, opt *dns.OPT) (*view, *dns.EDNS0_SUBNET) {
	if v.network == nil || !v.network.ClientSubnet {
		return v, nil
	}
	for _, o := range opt.Option {
		subnet, ok := o.(*dns.EDNS0_SUBNET)
		if !ok || subnet.SourceNetmask == 0 {
			continue
		}
		a, _ := netip.AddrFromSlice(subnet.Address)
		other := s.viewOf(a)
		if other.network != nil && other.network.Scope.Tenant != v.network.Scope.Tenant {
			return v, nil
		}
		return other, subnet
	}
	return v, nil
}

func withOPT(reply *dns.Msg, do bool, subnet *dns.EDNS0_SUBNET) {
	reply.SetEdns0(maxUDP, do)
	if subnet != nil {
		scoped := *subnet
		scoped.SourceScope = subnet.SourceNetmask
		opt := reply.IsEdns0()
		opt.Option = append(opt.Option, &scoped)
	}
}

// fill answers a question as it is seen from a network: from zones, and for what they do not
// have from forwarders, by turns as aliases lead.
func (s *Service) fill(ctx context.Context, reply *dns.Msg, v *view, how asked, why *explanation) {
	q := reply.Question[0]
	rest := v.table.Answer(reply, q, v.elsewhere(how), why.steps())
	if rest == "" && how.recurse {
		rest = v.beyond(reply, q)
	}
	for hop := 0; rest != "" && hop < maxHops; hop++ {
		if !how.recurse {
			if len(reply.Answer) == 0 && len(reply.Ns) == 0 {
				reply.Rcode = dns.RcodeRefused
			}
			why.notForwarded(rest, v)
			return
		}
		rest = s.forwarded(ctx, reply, v, rest, how, why)
	}
}

// elsewhere are the names that zones may leave to others.
func (v *view) elsewhere(how asked) zone.Elsewhere {
	if !how.recurse {
		return nil
	}
	return v.rules
}

// beyond returns the name of a question whose answer is a delegation that a forwarder is for:
// clients that ask for recursion do not follow delegations.
func (v *view) beyond(reply *dns.Msg, q dns.Question) string {
	if len(reply.Answer) > 0 || len(reply.Ns) == 0 || reply.Ns[0].Header().Rrtype != dns.TypeNS {
		return ""
	}
	name := zone.Canonical(q.Name)
	rule := v.rules.Find(name)
	if rule == nil || !zone.Within(rule.Domain, zone.Canonical(reply.Ns[0].Header().Name)) {
		return ""
	}
	reply.Ns, reply.Extra = nil, nil
	return name
}

// forwarded adds what a forwarder says about a name, up to an alias for a name that a zone
// has, which it answers itself: so a public alias for a privatelink name ends at the private
// endpoint in the networks that are linked. It returns what is left to ask.
func (s *Service) forwarded(ctx context.Context, reply *dns.Msg, v *view, name string, how asked, why *explanation) (rest string) {
	q := reply.Question[0]
	rule := v.rules.Find(name)
	if rule == nil {
		if len(reply.Answer) == 0 {
			reply.Rcode, reply.Authoritative = dns.RcodeRefused, false
		}
		why.noRule(name)
		return ""
	}
	admit := func() bool {
		return s.asking.Take(ratelimit.NetworkOf(how.from), forwardRate(), s.Clock.Now()).OK
	}
	a, err := s.forward.Resolve(ctx, rule, forward.Question{Name: name, Type: q.Qtype, DO: how.do, CD: how.cd, Admit: admit})
	why.forwarded(name, rule, a, err)
	switch {
	case kernel.Is(err, kernel.Limited):
		reply.Rcode, reply.Authoritative = dns.RcodeRefused, false
		return ""
	case err != nil:
		reply.Rcode, reply.Authoritative = dns.RcodeServerFailure, false
		return ""
	}
	first := len(reply.Answer) == 0
	reply.Authoritative = reply.Authoritative && !first
	for _, rr := range a.Records {
		if first && zone.Canonical(rr.Header().Name) == name {
			rr.Header().Name = q.Name // as the question spells it; the records are ours
		}
		reply.Answer = append(reply.Answer, rr)
		alias, ok := rr.(*dns.CNAME)
		if !ok || q.Qtype == dns.TypeCNAME {
			continue
		}
		target := zone.Canonical(alias.Target)
		if e, ok := v.table.Find(target); ok && !(e.Redirect && e.Lookup(target, q.Qtype).Kind == zone.NoName) {
			return s.again(reply, v, target, how, why)
		}
	}
	reply.Rcode, reply.AuthenticatedData = a.Rcode, a.Authentic && first
	reply.Ns = append(reply.Ns, a.Absence...)
	return ""
}

// again goes on in the zones of a network at a name that an alias of a forwarder led to.
func (s *Service) again(reply *dns.Msg, v *view, name string, how asked, why *explanation) (rest string) {
	q, authoritative := reply.Question[0], reply.Authoritative
	q.Name = name
	rest = v.table.Answer(reply, q, v.elsewhere(how), why.steps())
	reply.Authoritative = authoritative
	return rest
}

// fit truncates a reply to what its client takes over UDP, with room for the signature.
func fit(reply, query *dns.Msg) {
	size := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		size = min(max(int(opt.UDPSize()), dns.MinMsgSize), maxUDP)
	}
	if t := query.IsTsig(); t != nil {
		size -= dns.Len(t) // the reply's is as long
	}
	reply.Truncate(size)
}

package dns

import (
	"context"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Why explains how a name is resolved.
type Why struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Network is from where, "" for who is in none.
	Network string `json:"network,omitempty" doc:"The network that it is asked from; empty for addresses that are in none."`
	// Steps are what happened, in order.
	Steps []WhyStep `json:"steps" doc:"What was found, in order."`
	// Code is what the reply says, and Answer its records.
	Code   string   `json:"code" doc:"What the reply says, such as NOERROR or NXDOMAIN."`
	Answer []string `json:"answer" doc:"The records of the reply."`
	// Advice is what to do where that is not what was wanted.
	Advice []string `json:"advice,omitempty" doc:"What to do where that is not what was wanted."`
}

// Why explains how a name is resolved from a network of the tenant, or from an address.
func (s *Service) Why(ctx context.Context, tenant, name, kind, from string) (Why, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return Why{}, err
	}
	full := zone.Canonical(strings.TrimSpace(name))
	if wrong := zone.CheckName(full); wrong != "" {
		return Why{}, kernel.Errorf(kernel.Invalid, "the name %q cannot be: %s", name, wrong)
	}
	if kind == "" {
		kind = "A"
	}
	qtype, ok := dns.StringToType[strings.ToUpper(kind)]
	if !ok || qtype == dns.TypeAXFR || qtype == dns.TypeIXFR {
		return Why{}, kernel.Errorf(kernel.Invalid, "there is no type %q to ask for", kind).WithFix("use one such as A, AAAA or CNAME")
	}
	held := s.snapshot.Load()
	v, addr, err := s.seenBy(ctx, held, tenant, from)
	if err != nil {
		return Why{}, err
	}
	sees := func(of kernel.Scope) bool { return s.Authorizer.Authorize(ctx, actionRead, of) == nil }
	e := &explanation{held: held, from: v, sees: sees}
	reply := new(dns.Msg).SetQuestion(full, qtype)
	s.fill(ctx, reply, v, asked{from: addr, recurse: v.recursive()}, e)
	e.flush()
	out := Why{Name: strings.TrimSuffix(full, "."), Type: dns.TypeToString[qtype], Steps: e.out, Code: dns.RcodeToString[reply.Rcode], Answer: []string{}}
	if v.network != nil {
		out.Network = v.network.Name
	}
	for _, rr := range reply.Answer {
		out.Answer = append(out.Answer, plainRR(rr))
	}
	out.Advice, err = s.advice(ctx, held, v, tenant, reply, e)
	return out, err
}

// seenBy returns what a network of a tenant, by its name or by an address, sees.
func (s *Service) seenBy(ctx context.Context, held *snapshot, tenant, from string) (*view, netip.Addr, error) {
	addr, err := netip.ParseAddr(from)
	var v *view
	switch {
	case from == "":
		return held.outside, addr, nil
	case err == nil:
		v = held.viewOf(addr)
		if v.network == nil {
			return v, addr, nil
		}
	default:
		v = held.networks[of{tenant, from}]
	}
	if v == nil || v.network.Scope.Tenant != tenant {
		return nil, addr, noNetwork(from)
	}
	if err := s.Authorizer.Authorize(ctx, actionRead, v.network.Scope); err != nil {
		return nil, addr, err
	}
	if !addr.IsValid() {
		addr = prefixesOf(v.network.Prefixes)[0].Addr()
	}
	return v, addr, nil
}

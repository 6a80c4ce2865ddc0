package dns

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
)

// advice says what would give another answer.
func (s *Service) advice(ctx context.Context, held *snapshot, v *view, tenant string, reply *dns.Msg, e *explanation) (all []string, err error) {
	names := []string{zone.Canonical(reply.Question[0].Name)}
	for _, rr := range reply.Answer {
		if alias, ok := rr.(*dns.CNAME); ok {
			names = append(names, zone.Canonical(alias.Target))
		}
	}
	for _, key := range sortedKeys(held.zones) {
		h := held.zones[key]
		if key.tenant != tenant || s.Authorizer.Authorize(ctx, actionRead, h.Scope) != nil {
			continue
		}
		for _, name := range names {
			if advice := h.unlinked(name, v, reply.Question[0].Qtype); advice != "" {
				all = append(all, advice)
				break
			}
		}
	}
	all = append(all, e.elsewhere(tenant, names)...)
	return append(all, otherwise(held, v, of{tenant, e.out[len(e.out)-1].Zone}, reply)...), nil
}

// elsewhere says which private endpoints of stages have a name that is asked for, and are not
// answered there: each is for its own network, and some have no place.
func (e *explanation) elsewhere(tenant string, names []string) (all []string) {
	for _, p := range e.held.endpoints {
		here := e.from.network != nil && e.from.network.Name == p.Network
		if p.Scope.Tenant != tenant || p.Stage == "" || here && p.Problem == "" || !e.sees(p.Scope) {
			continue
		}
		if !slices.ContainsFunc(names, func(name string) bool { return name == p.record() || name == p.public() }) {
			continue
		}
		text := p.Workload + " has a private endpoint of it on " + p.Stage + " (" + p.Name + "), "
		if p.Problem != "" {
			all = append(all, text+"which is not answered: "+p.Problem+"; "+p.Fix)
			continue
		}
		all = append(all, text+"which is answered in network "+p.Network+" alone, where it lies")
	}
	return all
}

// otherwise says what would give another answer, by the answer that there is and the zone that
// had the last word.
func otherwise(held *snapshot, v *view, last of, reply *dns.Msg) []string {
	h, name := held.zones[last], lastName(reply)
	refused := reply.Rcode == dns.RcodeRefused || last.name == "" && len(reply.Answer) > 0 && !ends(reply)
	switch {
	case refused && v.table.Has(name): // aliases in a ring
		return nil
	case refused && v.network == nil:
		return []string{"name a network (--from) of the client, or have an operator add one that has its address: terrace dns network set NAME --prefix CIDR"}
	case refused && !v.network.Recursion:
		return []string{"have an operator let network " + v.network.Name + " ask elsewhere: terrace dns network set " + v.network.Name + " --prefix " + strings.Join(v.network.Prefixes, ",") + " --recursion"}
	case refused && !v.rules.Has(name):
		return []string{"have an operator add a forwarder: terrace dns forwarder set . --server udp://ADDRESS"}
	case reply.Rcode == dns.RcodeServerFailure:
		return []string{"see whether the forwarder's servers can be reached from Terrace: terrace dns forwarder list"}
	case h == nil || reply.Rcode == dns.RcodeSuccess && ends(reply):
		return nil
	}
	advice := []string{"add the record: terrace dns record set " + strings.TrimSuffix(name, ".") + " " + dns.TypeToString[reply.Question[0].Qtype] + " VALUE --zone " + h.Name}
	if v.network == nil || reply.Rcode != dns.RcodeNameError || !v.rules.Has(name) {
		return advice
	}
	if link, ok := h.linked(v.network.Name); ok && link.Policy == LinkDefault {
		advice = append(advice, "have names that the zone does not have asked for elsewhere: terrace dns zone link "+h.Name+" "+v.network.Name+" --resolution-policy "+string(LinkRedirect))
	}
	return advice
}

// ends reports whether a reply has records of the type that was asked for, or leads to servers
// that have.
func ends(reply *dns.Msg) bool {
	for _, rr := range slices.Concat(reply.Answer, reply.Ns) {
		if kind := rr.Header().Rrtype; kind == reply.Question[0].Qtype || kind == dns.TypeNS {
			return true
		}
	}
	return false
}

// lastName is the name at the end of the aliases of a reply.
func lastName(reply *dns.Msg) string {
	name := reply.Question[0].Name
	for _, rr := range reply.Answer {
		if alias, ok := rr.(*dns.CNAME); ok {
			name = alias.Target
		}
	}
	return zone.Canonical(name)
}

// unlinked says how a network would get to see a zone that has a name and that it does not
// see, or "".
func (h *heldZone) unlinked(name string, v *view, qtype uint16) string {
	if !zone.Within(name, h.base.Name) || h.Everywhere {
		return ""
	}
	if v.network != nil {
		if _, ok := h.linked(v.network.Name); ok {
			return ""
		}
	}
	if kind := h.base.Lookup(name, qtype).Kind; kind != zone.Found && kind != zone.Alias {
		return ""
	}
	networks := make([]string, 0, len(h.Links))
	for _, l := range h.Links {
		networks = append(networks, l.Network)
	}
	text := fmt.Sprintf("zone %s has %s, but is seen from %s alone", h.Name, strings.TrimSuffix(name, "."), orNone(networks))
	if v.network != nil {
		text += ": terrace dns zone link " + h.Name + " " + v.network.Name
	}
	return text
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "no network"
	}
	return "network " + strings.Join(names, ", ")
}

func sortedKeys(zones map[of]*heldZone) []of {
	keys := make([]of, 0, len(zones))
	for key := range zones {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b of) int { return strings.Compare(a.tenant+" "+a.name, b.tenant+" "+b.name) })
	return keys
}

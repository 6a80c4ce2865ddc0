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
	last := e.out[len(e.out)-1]
	switch {
	case reply.Rcode == dns.RcodeRefused && v.network == nil:
		all = append(all, "name a network (--from) of the client, or have an operator add one that has its address: terrace dns network set")
	case reply.Rcode == dns.RcodeRefused && !v.network.Recursion:
		all = append(all, "have an operator let network "+v.network.Name+" ask elsewhere: terrace dns network set "+v.network.Name+" --recursion")
	case reply.Rcode == dns.RcodeRefused:
		all = append(all, "have an operator add a forwarder: terrace dns forwarder set . --server udp://ADDRESS")
	case reply.Rcode == dns.RcodeServerFailure:
		all = append(all, "see whether the forwarder's servers can be reached from Terrace: terrace dns forwarder list")
	case last.Zone != "" && len(reply.Answer) == 0:
		all = append(all, "add the record: terrace dns record set "+last.Name+" "+dns.TypeToString[reply.Question[0].Qtype]+" VALUE --zone "+last.Zone)
	}
	return all, nil
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

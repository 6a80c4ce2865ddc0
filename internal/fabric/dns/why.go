package dns

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/forward"
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

// WhyStep is one step.
type WhyStep struct {
	Name string `json:"name" doc:"The name that was looked up."`
	// Zone is whose turn it was, if it was a zone's.
	Zone    string   `json:"zone,omitempty" doc:"The zone that was asked."`
	Text    string   `json:"text" doc:"What was found."`
	Records []string `json:"records,omitempty"`
}

// explanation gathers steps. A nil one gathers nothing.
type explanation struct {
	trace zone.Trace
	out   []WhyStep
	held  *snapshot
	from  *view
	told  int
}

func (e *explanation) steps() *zone.Trace {
	if e == nil {
		return nil
	}
	return &e.trace
}

func (e *explanation) add(name, in, format string, args ...any) *WhyStep {
	e.flush()
	e.out = append(e.out, WhyStep{Name: strings.TrimSuffix(name, "."), Zone: in, Text: fmt.Sprintf(format, args...)})
	return &e.out[len(e.out)-1]
}

// flush puts the steps of zones into words.
func (e *explanation) flush() {
	for ; e.told < len(e.trace.Steps); e.told++ {
		s := e.trace.Steps[e.told]
		in := strings.TrimSuffix(s.Zone, ".")
		step := WhyStep{Name: strings.TrimSuffix(s.Name, "."), Zone: in, Text: e.text(s, in)}
		for _, rr := range s.Records {
			step.Records = append(step.Records, plainRR(rr))
		}
		e.out = append(e.out, step)
	}
}

func (e *explanation) text(s zone.Step, in string) string {
	switch s.Kind {
	case zone.StepZone:
		return "zone " + in + " has it: " + e.because(s.Zone)
	case zone.StepFound:
		if s.Source != "" {
			return "the wildcard " + strings.TrimSuffix(s.Source, ".") + " answers"
		}
		return "the zone has such records"
	case zone.StepAlias:
		return "it is an alias of " + strings.TrimSuffix(s.Source, ".")
	case zone.StepNoData:
		return "the name exists, and has no records of this type"
	case zone.StepNoName:
		return "the zone has no such name, and the link says that there is none then"
	case zone.StepRedirected:
		return "the zone has no such name, and its link (NxDomainRedirect) has others asked"
	case zone.StepDelegated:
		return "the names below " + strings.TrimSuffix(s.Source, ".") + " are delegated to other servers"
	case zone.StepLoop:
		return "the aliases lead nowhere: more than are followed"
	case zone.StepOutside:
	}
	return "no zone that is seen from here has it"
}

// because says why a zone is seen.
func (e *explanation) because(name string) string {
	if e.from.network != nil {
		if h := e.held.zones[of{e.from.network.Scope.Tenant, strings.TrimSuffix(name, ".")}]; h != nil {
			if link, ok := h.linked(e.from.network.Name); ok {
				text := "it is linked to network " + e.from.network.Name + " (" + string(link.Policy) + ")"
				if h.of[e.from.network.Name] != nil {
					text += ", with records of its own there"
				}
				return text
			}
		}
	}
	if e.held.own[name] != nil {
		return "it is the platform's own"
	}
	return "it is answered everywhere"
}

func (e *explanation) notForwarded(name string, v *view) {
	if e == nil {
		return
	}
	if v.network == nil {
		e.add(name, "", "nobody else is asked: the address is in no network")
		return
	}
	e.add(name, "", "nobody else is asked: network %s has no recursion", v.network.Name)
}

func (e *explanation) noRule(name string) {
	if e != nil {
		e.add(name, "", "nobody else is asked: no forwarder is for this name in this network")
	}
}

func (e *explanation) forwarded(name string, rule *forward.Rule, a forward.Answer, err error) {
	if e == nil {
		return
	}
	of := strings.TrimSuffix(rule.Domain, ".")
	if of == "" {
		of = "."
	}
	if err != nil {
		e.add(name, "", "the forwarder of %s was asked and failed: %s", of, causeOf(err))
		return
	}
	text := fmt.Sprintf("the forwarder of %s answers %s (%s, known for %s)", of, dns.RcodeToString[a.Rcode], a.Server, a.Age.Round(1e9))
	if a.Stale {
		text += "; its time is over, and nobody could be asked again"
	}
	step := e.add(name, "", "%s", text)
	for _, rr := range a.Records {
		step.Records = append(step.Records, plainRR(rr))
	}
}

func causeOf(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// plainRR is a record on one line, with blanks.
func plainRR(rr dns.RR) string { return strings.ReplaceAll(rr.String(), "\t", " ") }

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
	e := &explanation{held: held, from: v}
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
		return nil, addr, kernel.Errorf(kernel.NotFound, "there is no network %s", from).WithFix("see those that there are with: terrace dns network list")
	}
	if err := s.Authorizer.Authorize(ctx, actionRead, v.network.Scope); err != nil {
		return nil, addr, err
	}
	if !addr.IsValid() {
		addr = prefixesOf(v.network.Prefixes)[0].Addr()
	}
	return v, addr, nil
}

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

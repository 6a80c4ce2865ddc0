package dns

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/forward"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
	// sees tells whether the actor sees what is somebody's.
	sees func(kernel.Scope) bool
	told int
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
		return "the zone has such records" + e.endpoint(s.Name, in)
	case zone.StepAlias:
		return "it is an alias of " + strings.TrimSuffix(s.Source, ".")
	case zone.StepNoData:
		return "the name exists, and has no records of this type"
	case zone.StepNoName:
		return "the zone has no such name, and nobody else is asked for it"
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

// endpoint says which private endpoint a record is of, of those that may be seen.
func (e *explanation) endpoint(name, in string) string {
	if e.from.network == nil {
		return ""
	}
	for _, p := range e.held.endpoints {
		own := p.Scope.Tenant == e.from.network.Scope.Tenant && p.Zone == in && p.record() == zone.Canonical(name)
		if !own || p.Problem != "" || p.Stage != "" && p.Network != e.from.network.Name || !e.sees(p.Scope) {
			continue
		}
		text := ", of private endpoint " + p.Name + " in network " + p.Network
		if p.Stage != "" {
			text += ", which " + p.Workload + " has deployed on " + p.Stage
		}
		return text
	}
	return ""
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

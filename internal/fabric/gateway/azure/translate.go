package azure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Documents are the OpenAPI documents that were published.
type Documents interface {
	// Document returns that of a version of an API on a stage, false where there is none.
	Document(scope kernel.Scope, api, version string) (source string, ok bool)
}

// Input is what is translated.
type Input struct {
	// Domain is what the names of services lie under, within <service>.<project>.
	Domain string
	// Routes are those of a stage, with the policies that each of them has.
	Routes []gateway.InForce
	// Products are those of the stage, and those of all stages that it has no own of the name of.
	Products []gateway.Policy
	// Documents may be nil: there are none.
	Documents Documents
}

// Translate returns what the modules take, and what is to be said of it. What is refused is
// left out of the value: whoever has it applied refuses first.
func Translate(in Input) (Value, []gateway.Judgement) {
	t := &translation{Input: in, value: Value{
		APIManagement: APIManagement{APIs: map[string]API{}, Backends: map[string]Backend{}, Products: map[string]Product{}}, Sites: map[string]Site{},
	}, told: map[string]bool{}, table: capability.NewTable()}
	for i := range in.Routes {
		t.look(&in.Routes[i])
	}
	t.offered()
	for _, host := range t.hosts() {
		t.host(host)
	}
	return t.value, t.judgements
}

type translation struct {
	Input

	table *capability.Table
	// products are those of the stage, drafts among them: see product.published.
	products []product

	value      Value
	judgements []gateway.Judgement
	// told are the judgements that were made, so that a policy of many routes is judged once.
	told map[string]bool
}

// place is a document that something is said of.
type place struct {
	class gateway.Class
	kind  string
	name  string
	scope kernel.Scope
}

func placeOf(p gateway.Policy) place {
	return place{gateway.ClassPolicy, p.Kind, p.Name, p.Scope}
}

func placeOfRoute(r route.Route) place {
	return place{gateway.ClassRoute, capability.Route, r.Name, r.Scope}
}

func (t *translation) tell(at place, how capability.How, path, fix, format string, args ...any) {
	j := gateway.Judgement{
		Class: at.class, Kind: at.kind, Name: at.name, Scope: at.scope, Refused: how == capability.Refused,
		Problem: kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix},
	}
	key := fmt.Sprint(at, j.Problem)
	if !t.told[key] {
		t.told[key] = true
		t.judgements = append(t.judgements, j)
	}
}

func (t *translation) refuse(at place, path, fix, format string, args ...any) {
	t.tell(at, capability.Refused, path, fix, format, args...)
}

// look holds a route and its policies against the table.
func (t *translation) look(one *gateway.InForce) {
	spec, err := json.Marshal(one.Route)
	if err != nil {
		t.refuse(placeOfRoute(one.Route), "", "", "the route cannot be read: %v", err)
		return
	}
	t.findings(placeOfRoute(one.Route), t.table.Look(capability.Route, one.Route.Name, spec))
	for _, p := range one.Policies {
		t.findings(placeOf(p), t.table.Look(p.Kind, p.Name, p.Spec))
	}
}

func (t *translation) findings(at place, all []capability.Finding) {
	for _, f := range all {
		t.tell(at, f.How, f.Path, f.Fix, "%s", "on Azure: "+f.Message)
	}
}

// hosts are those of all routes; a wildcard comes after what it takes in.
func (t *translation) hosts() []string {
	var hosts []string
	for _, one := range t.Routes {
		for _, h := range one.Route.Hosts {
			if !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
			}
		}
	}
	slices.SortFunc(hosts, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "*"), strings.Count(b, "*")), cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return hosts
}

// candidate is one match of a rule of a route.
type candidate struct {
	route       *gateway.InForce
	rule, match int
}

func (c candidate) get() route.Match { return c.rules().Matches[c.match] }

func (c candidate) rules() route.Rule { return c.route.Route.Rules[c.rule] }

// name is what the policy keeps of the rule that was found.
func (c candidate) name() string { return fmt.Sprintf("%s/%d", c.route.Route.Name, c.rule) }

// candidates are those of a host, the closest first, as the gateway tries them. What no
// match of the host itself takes may be one's of a wildcard that takes it in.
func (t *translation) candidates(host string) []candidate {
	var all []candidate
	for _, of := range t.within(host) {
		all = append(all, t.own(of)...)
	}
	return all
}

func (t *translation) own(host string) []candidate {
	var all []candidate
	for i := range t.Routes {
		r := &t.Routes[i]
		if !slices.Contains(r.Route.Hosts, host) {
			continue
		}
		for rule := range r.Route.Rules {
			for match := range r.Route.Rules[rule].Matches {
				all = append(all, candidate{r, rule, match})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(proxy.Closer(a.get(), b.get()), a.route.Route.UpdatedAt.Compare(b.route.Route.UpdatedAt), cmp.Compare(a.route.Route.Name, b.route.Route.Name))
	})
	return all
}

// within are a host and the wildcards that take it in, the longest first.
func (t *translation) within(host string) []string {
	all := []string{host}
	for _, h := range t.hosts() {
		if rest, wild := strings.CutPrefix(h, "*."); wild && h != host && strings.HasSuffix(host, "."+rest) {
			all = append(all, h)
		}
	}
	return all
}

// routes are those that a host has, by name.
func (t *translation) routes(host string) []*gateway.InForce {
	var all []*gateway.InForce
	for i := range t.Routes {
		if slices.ContainsFunc(t.within(host), func(h string) bool { return slices.Contains(t.Routes[i].Route.Hosts, h) }) {
			all = append(all, &t.Routes[i])
		}
	}
	return all
}

// policy is a route's of a kind.
func policy(r *gateway.InForce, kind string) (gateway.Policy, bool) {
	i := slices.IndexFunc(r.Policies, func(p gateway.Policy) bool { return p.Kind == kind })
	if i < 0 {
		return gateway.Policy{}, false
	}
	return r.Policies[i], true
}

// shared is the policy of a kind that all routes of a host have, where Azure takes one for
// a host alone.
func (t *translation) shared(host, kind string) (gateway.Policy, bool) {
	routes := t.routes(host)
	p, ok := policy(routes[0], kind)
	for _, r := range routes[1:] {
		other, has := policy(r, kind)
		if has == ok && other.Scope == p.Scope && other.Name == p.Name {
			continue
		}
		if !has {
			other = p
		}
		t.refuse(placeOf(other), "targetRef", "give all routes of the host the same one, or the routes hosts of their own",
			"on Azure: the routes of %s have different policies of the kind %s, of which API Management takes one for a host", host, kind)
		return gateway.Policy{}, false
	}
	return p, ok
}

// apiPath is where an API lies at API Management; no host has an underscore.
func apiPath(host string) string { return strings.Replace(host, "*", "_", 1) }

// slug is a name as Azure takes it.
func slug(parts ...string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(strings.Join(parts, "-"))), "-")
	if len(name) > 60 {
		name = name[:50] + "-" + kernel.DigestOf([]byte(name)).Hex()[:8]
	}
	return name
}

func (t *translation) host(host string) {
	routes := t.routes(host)
	scope := routes[0].Route.Scope
	name := told(slug(scope.Project, strings.Replace(host, "*", "any", 1)), scope.Project, host)
	d := &document{t: t, host: host, scope: scope, routes: routes, all: t.candidates(host)}
	d.under = d.prefix()
	api := API{Name: name, DisplayName: host, Path: apiPath(host) + d.under, Protocols: []string{"https"}, Policy: Policy{XML: d.xml()}}
	api.ProxyMethods, api.Import = d.methods(), d.imported
	api.KeyNames, api.Products = d.keyNames(), slices.Sorted(slices.Values(d.open))
	t.value.APIManagement.APIs[name] = api
	t.site(name, host, routes)
}

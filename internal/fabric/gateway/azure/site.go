package azure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// site keeps a host of the application gateway with its firewall policies.
func (t *translation) site(name, host string, routes []*gateway.InForce) {
	s := Site{Host: host, API: apiPath(host)}
	if whole(routes) {
		s.WAF = t.firewall(routes[0])
		t.value.Sites[name] = s
		return
	}
	s.Paths = map[string]SitePath{}
	for order, r := range t.ordered(routes) {
		w := t.firewall(r)
		paths, all := t.paths(r)
		if all {
			s.WAF = w
		}
		if w != nil && len(paths) > 0 {
			s.Paths[told(slug(r.Route.Name), r.Route.Name)] = SitePath{order, paths, w}
		} else if len(paths) > 0 {
			t.refuse(placeOfRoute(r.Route), "", "attach them to all routes of the host", "on Azure: route %s has no policy of the firewall, and others of its host have", r.Route.Name)
		}
	}
	t.value.Sites[name] = s
}

// whole tells that all routes of a host have the same policies of the firewall.
func whole(routes []*gateway.InForce) bool {
	return !slices.ContainsFunc(routes[1:], func(r *gateway.InForce) bool { return !sameFirewall(routes[0], r) })
}

// sameFirewall tells that two routes have the very same policies of the firewall's kinds.
func sameFirewall(a, b *gateway.InForce) bool {
	for _, kind := range []string{capability.Waf, capability.Access, capability.ClientLimit} {
		one, has := policy(a, kind)
		other, too := policy(b, kind)
		if has != too || one.Scope != other.Scope || one.Name != other.Name {
			return false
		}
	}
	return true
}

// ordered are routes so that what lies within the paths of another one comes before it: the
// application gateway takes the first that fits. What it cannot tell apart is refused.
func (t *translation) ordered(routes []*gateway.InForce) []*gateway.InForce {
	rest, out := slices.Clone(routes), make([]*gateway.InForce, 0, len(routes))
	for len(rest) > 0 {
		next := slices.IndexFunc(rest, func(r *gateway.InForce) bool {
			return !slices.ContainsFunc(rest, func(other *gateway.InForce) bool { return !sameFirewall(r, other) && t.inside(other, r) })
		})
		if next < 0 {
			t.refuse(placeOfRoute(rest[0].Route), "", "give one of them a host of its own", "on Azure: paths of the routes %s and others of its host lie within each other, so that the application gateway cannot tell which firewall policy holds", rest[0].Route.Name)
			next = 0
		}
		out = append(out, rest[next])
		rest = slices.Delete(rest, next, next+1)
	}
	for i, r := range out {
		for _, other := range out[:i] {
			if !sameFirewall(r, other) {
				t.apart(r, other)
				t.apart(other, r)
			}
		}
	}
	return out
}

// inside tells that a path of the first route lies within one of the second, which is no root.
func (t *translation) inside(a, b *gateway.InForce) bool {
	for _, m := range matchesOf(a) {
		for _, n := range matchesOf(b) {
			if n.Path.Value != "/" && !alike(m, n) && covers(n, m) {
				return true
			}
		}
	}
	return false
}

// alike tells that the application gateway sees no difference between two matches.
func alike(a, b route.Match) bool {
	return a.Path.Type == b.Path.Type && strings.EqualFold(a.Path.Value, b.Path.Value)
}

// covers tells that all that one match takes by its path, another one does, too.
func covers(wide, m route.Match) bool {
	if alike(wide, m) || wide.Path.Type != route.PathPrefix {
		return alike(wide, m)
	}
	prefix := strings.ToLower(strings.TrimSuffix(wide.Path.Value, "/"))
	rest, ok := strings.CutPrefix(strings.ToLower(m.Path.Value), prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// apart refuses matches of a route whose requests another one may take, whatever their path:
// by the path alone the application gateway chooses the firewall policy.
func (t *translation) apart(r, other *gateway.InForce) {
	for i, rule := range r.Route.Rules {
		for j, m := range rule.Matches {
			conditional := m.Method != "" || len(m.Headers)+len(m.Query) > 0
			if slices.ContainsFunc(matchesOf(other), func(n route.Match) bool { return alike(m, n) || conditional && covers(n, m) }) {
				t.refuse(placeOfRoute(r.Route), fmt.Sprintf("rules[%d].matches[%d]", i, j), "attach the same WafPolicy, AccessPolicy and ClientRateLimitPolicy to both routes, or give one of them a host of its own",
					"on Azure: route %s may take requests for the same path, and has other policies of the firewall, which the application gateway tells apart by paths alone, in any case of letters", other.Route.Name)
			}
		}
	}
}

// paths are those of a route as the application gateway has them, and whether it takes all others.
func (t *translation) paths(r *gateway.InForce) (paths []string, all bool) {
	for i, rule := range r.Route.Rules {
		for j, m := range rule.Matches {
			at := fmt.Sprintf("rules[%d].matches[%d].path", i, j)
			switch {
			case m.Path.Type == route.RegularExpression:
				t.refuse(placeOfRoute(r.Route), at+".type", "use Exact or PathPrefix, or give the route a host of its own",
					"on Azure: the application gateway cannot tell by an expression which of the host's firewall policies holds")
			case exchange.EncodePath(m.Path.Value) != m.Path.Value || strings.Contains(m.Path.Value, "*"):
				t.refuse(placeOfRoute(r.Route), at+".value", "use letters, digits and -._~, or give the route a host of its own",
					"on Azure: the application gateway cannot tell by %s which of the host's firewall policies holds", m.Path.Value)
			case m.Path.Type == route.Exact:
				paths = append(paths, m.Path.Value)
			case m.Path.Value == "/" || m.Path.Value == "":
				all = true
			default:
				paths = append(paths, m.Path.Value, m.Path.Value+"/*")
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), all
}

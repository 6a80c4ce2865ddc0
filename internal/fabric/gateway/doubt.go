package gateway

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// doubts are what is probably not meant with the backends of a route, each with its place.
func (s *Service) doubts(r Route) []string {
	var out []string
	for i := range r.Rules {
		out = append(out, s.doubtful(r, i)...)
	}
	return out
}

// doubtful says which backends of a rule cannot answer as things are now.
func (s *Service) doubtful(r Route, rule int) []string {
	if s.Planes != nil && s.Planes.Plane(r.Scope) != "" {
		return nil // what answers there is not known here
	}
	var out []string
	for i, b := range r.Rules[rule].Backends {
		if why := s.doubt(r, b); why != "" {
			out = append(out, fmt.Sprintf("spec.rules[%d].backends[%d]: %s", rule, i, why))
		}
	}
	return out
}

// doubt says why a backend cannot answer as things are now, "" where it may.
func (s *Service) doubt(r Route, b Backend) string {
	if b.Outside() {
		return s.unreached(b)
	}
	if s.Workloads == nil {
		return ""
	}
	ports := s.Workloads.Ports(r.Scope, b.Service)
	switch named := strings.Join(route.PortNames(ports), ", "); {
	case len(ports) == 0:
		return "no service " + b.Service + " runs on stage " + r.Scope.Stage + " of project " + r.Scope.Project + " yet"
	case route.HasPort(ports, b.Port):
		return ""
	case b.Port == "":
		return "service " + b.Service + " has several ports, of which one has to be named: " + named
	default:
		return "service " + b.Service + " has no port " + b.Port + "; it has " + named
	}
}

// unreached says why an address outside is not reached, "" where it may be.
func (s *Service) unreached(b Backend) string {
	if s.Outside == nil {
		return ""
	}
	addr, _ := b.Address()
	spoken := b.Spoken()
	if err := s.Outside.Reach(addr, !spoken.Secure()); err != nil {
		return b.URL + " is not reached: " + err.Error()
	}
	return ""
}

// rounds are the redirects of a route that lead to where the same rule takes them again, each
// with its place; routes are those of its stage.
func rounds(ctx context.Context, r Route, routes []Route) ([]string, error) {
	var out []string
	var table *proxy.Table
	for i, rule := range r.Rules {
		if rule.Redirect == nil || rule.Redirect.FullPath == nil || rule.Redirect.Port != 0 {
			continue
		}
		if table == nil {
			var err error
			if table, err = tableOf(routes); err != nil {
				return nil, err
			}
		}
		for _, to := range leadsTo(r, *rule.Redirect) {
			if again(ctx, table, r, i, to) {
				out = append(out, fmt.Sprintf("spec.rules[%d].redirect: it leads to %s, which the same rule takes: clients go round for ever", i, to))
				break
			}
		}
	}
	return out, nil
}

func tableOf(routes []Route) (*proxy.Table, error) {
	var c proxy.Counting
	entries := make([]*proxy.Entry, 0, len(routes))
	for _, r := range routes {
		entries = append(entries, c.Entry(r, nil))
	}
	return c.Table(entries)
}

// leadsTo are the addresses that a redirect to a full path leads to.
func leadsTo(r Route, d Redirect) []string {
	hosts := r.Hosts
	if d.Host != "" {
		hosts = []string{d.Host}
	}
	out := make([]string, 0, len(hosts))
	for _, host := range hosts {
		out = append(out, "https://"+strings.Replace(host, "*", "any", 1)+*d.FullPath)
	}
	return out
}

// again tells that a rule of a route takes what it has sent to an address.
func again(ctx context.Context, table *proxy.Table, r Route, rule int, to string) bool {
	for _, m := range r.Rules[rule].Matches {
		x, err := Question{Method: m.Method, URL: to}.exchange(ctx)
		if err != nil {
			return false // the gateway takes no such address
		}
		if found, _ := table.Lookup(x); found != nil && found.Route().Name == r.Name {
			if place, _ := found.Place(); place == rule {
				return true
			}
		}
	}
	return false
}

package gateway

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// doubts are what is probably not meant with the backends of a route, each with its place.
func (s *Service) doubts(r Route) []kernel.Problem {
	var out []kernel.Problem
	for i := range r.Rules {
		out = append(out, s.doubtful(r, i)...)
	}
	return out
}

// doubtful says which backends of a rule cannot answer as things are now.
func (s *Service) doubtful(r Route, rule int) []kernel.Problem {
	if s.Planes != nil && s.Planes.Plane(r.Scope) != "" {
		return nil // what answers there is not known here
	}
	var out []kernel.Problem
	for i, b := range r.Rules[rule].Backends {
		if why := s.doubt(r, b); why != "" {
			out = append(out, kernel.Problem{Path: fmt.Sprintf("rules[%d].backends[%d]", rule, i), Message: why})
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

// inWords says doubts about a route in one line.
func inWords(doubts []kernel.Problem) string {
	texts := make([]string, 0, len(doubts))
	for _, d := range doubts {
		texts = append(texts, "spec."+d.String())
	}
	return strings.Join(texts, "; ")
}

package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// atHost says of which host of a route an error is.
func atHost(r Route, i int, err error) error {
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return err
	}
	return kernel.Errorf(told.Kind, "route %s cannot be served", r.Name).
		WithProblems(kernel.Problem{Path: "hosts[" + strconv.Itoa(i) + "]", Message: told.Message, Fix: told.Fix})
}

// checkHost refuses a host, which may begin with a wildcard, that no domain can make the
// scope's: the platform's own, and what lies in the zones under another scope.
func (s *Service) checkHost(scope kernel.Scope, host string) error {
	bare, wild := strings.CutPrefix(host, "*.")
	for _, reserved := range s.Reserved {
		if own := route.CanonicalHost(reserved); bare == own || wild && strings.HasSuffix(own, "."+bare) {
			return kernel.Errorf(kernel.Conflict, "host %s belongs to the platform", own).WithFix("choose another host")
		}
	}
	subtree := scope.Project
	if scope.Stage != "" {
		subtree = scope.Stage + "." + scope.Project
	}
	if zone := s.zoneOf(bare); zone != "" {
		suffix := subtree + "." + zone
		if bare == suffix || strings.HasSuffix(bare, "."+suffix) {
			return nil
		}
	} else if s.Domains != nil {
		return s.aboveZone(host, bare, wild)
	}
	return kernel.Errorf(kernel.Invalid, "host %s does not belong to %s", bare, scope).
		WithFix("use a host under %s.%s", subtree, s.Zones[0])
}

// MayHave refuses a host, which may begin with a wildcard, that routes of a scope may not have,
// whatever domains it has.
func (s *Service) MayHave(scope kernel.Scope, host string) error { return s.checkHost(scope, host) }

// zoneOf returns the zone that a host lies in, "" for none.
func (s *Service) zoneOf(host string) string {
	for _, zone := range s.Zones {
		if host == zone || strings.HasSuffix(host, "."+zone) {
			return zone
		}
	}
	return ""
}

// aboveZone refuses a wildcard that takes in a zone, and with it the hosts of every scope.
func (s *Service) aboveZone(host, bare string, wild bool) error {
	for _, zone := range s.Zones {
		if wild && strings.HasSuffix(zone, "."+bare) {
			return kernel.Errorf(kernel.Conflict, "host %s takes in the zone %s of the platform", host, zone).WithFix("name the hosts, or take a wildcard further below")
		}
	}
	return nil
}

// routable refuses a route with hosts outside of the zones that its stage has proven no
// domain for. The route is kept already: with that no domain of its hosts goes away before
// the transaction ends.
func (s *Service) routable(ctx context.Context, r Route) error {
	for i, host := range r.Hosts {
		if s.zoneOf(strings.TrimPrefix(host, "*.")) != "" {
			continue
		}
		if err := s.Domains.Routable(ctx, r.Scope, host); err != nil {
			return atHost(r, i, err)
		}
	}
	return nil
}

// holdings are the proven domains, or none where no route has a host outside of the zones.
func (s *Service) holdings(ctx context.Context, routes []Route) (route.Domains, error) {
	if s.Domains == nil || !slices.ContainsFunc(routes, func(r Route) bool { return slices.ContainsFunc(r.Hosts, s.foreign) }) {
		return nil, nil
	}
	proven, err := s.Domains.Holdings(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the domains of routes: %w", err)
	}
	return proven, nil
}

// foreign tells whether a host lies outside of the zones, where domains count.
func (s *Service) foreign(host string) bool {
	return s.Domains != nil && s.zoneOf(strings.TrimPrefix(host, "*.")) == ""
}

// without splits the hosts of a route from those that are withheld from it: its stage's no more.
func (s *Service) without(r Route, proven route.Domains) (served Route, kept []RouteHost) {
	served = r
	served.Hosts = nil
	for _, host := range r.Hosts {
		if s.foreign(host) && !proven.Hold(r.Scope, host) {
			kept = append(kept, RouteHost{Host: host, Route: r.Name, Scope: r.Scope})
		} else {
			served.Hosts = append(served.Hosts, host)
		}
	}
	return served, kept
}

// whyWithheld says of a host that a route has and that is not served why that is; "" where
// there is no such route that the actor sees.
func (s *Service) whyWithheld(ctx context.Context, scope kernel.Scope, host string) (string, error) {
	for _, h := range s.served.Load().withheld {
		bare, wild := strings.CutPrefix(h.Host, "*.")
		if h.Host != host && (!wild || !strings.HasSuffix(host, "."+bare)) || !s.sees(ctx, scope, Route{Scope: h.Scope}) {
			continue
		}
		told, ok := errors.AsType[*kernel.Error](s.Domains.Routable(ctx, h.Scope, h.Host))
		switch {
		case ok && told.Kind == kernel.Invalid || ok && told.Kind == kernel.Conflict:
			return "route " + h.Route + " of " + h.Scope.Project + "/" + h.Scope.Stage + " has the host, and it is not served: " + told.Message + ". " + told.Fix, nil
		case ok:
			return "", told
		}
	}
	return "", nil
}

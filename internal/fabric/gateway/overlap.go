package gateway

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// put keeps a route. Hosts that it takes may stand beside a wildcard of another stage, or that
// in it, where a closer domain decides whose they are.
func (s *Service) put(ctx context.Context, r Route) error {
	overlaps, err := s.Store.Put(ctx, r)
	if err != nil || len(overlaps) == 0 {
		return err
	}
	var proven route.Domains
	if s.Domains != nil {
		if proven, err = s.Domains.Holdings(ctx); err != nil {
			return err
		}
	}
	for _, o := range overlaps {
		if err := s.beside(r.Scope, o, proven); err != nil {
			return atHost(r, slices.Index(r.Hosts, o.Host), err)
		}
	}
	return nil
}

// beside refuses two hosts of two stages, one of which takes in the other, unless they are of
// one tenant and the one within is of a closer domain. Between tenants no domain is closer:
// those that are proven do not overlap.
func (s *Service) beside(scope kernel.Scope, o Overlap, proven route.Domains) error {
	if o.Scope.Tenant != scope.Tenant {
		return kernel.Errorf(kernel.Conflict, "host %s is taken by someone else", o.Host).WithFix("choose another host")
	}
	inner, outer, whose := o.Host, o.Other, scope
	if strings.HasPrefix(o.Host, "*.") && (!strings.HasPrefix(o.Other, "*.") || len(o.Host) < len(o.Other)) {
		inner, outer, whose = o.Other, o.Host, o.Scope
	}
	foreign := s.foreign(inner) && s.foreign(outer)
	if foreign && len(proven.Closest(inner)) > len(proven.Closest(outer)) {
		return nil
	}
	err := kernel.Errorf(kernel.Conflict, "host %s is taken by %s: %s takes it in", o.Host, o.Scope, o.Other)
	if outer == o.Host {
		err = kernel.Errorf(kernel.Conflict, "host %s takes in %s, which is taken by %s", o.Host, o.Other, o.Scope)
	}
	if !foreign {
		return err.WithFix("choose another host, or delete the routes that have it")
	}
	return err.WithFix("prove a domain of its own for the host within: terrace domain add %s --project %s --stage %s; or choose another host", strings.TrimPrefix(inner, "*."), whose.Project, whose.Stage)
}

package domain

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxHosts is how many hosts of a domain are told.
const MaxHosts = 100

// Hosts returns the hosts of routes that have a domain's certificate or, where none is for
// them, its authority: the first MaxHosts of those that the actor sees, in order.
func (s *Service) Hosts(ctx context.Context, d Domain) ([]string, error) {
	if d.State != Verified {
		return nil, nil
	}
	reach, err := s.Authorizer.Allowed(ctx, actionRead, kernel.Scope{Tenant: d.Scope.Tenant})
	if err != nil {
		return nil, err
	}
	all, err := s.Routes.HostsNow(ctx, d.Scope.Tenant, d.Name)
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, h := range all {
		if reach.Has(h.Scope.Project, h.Scope.Stage) && !s.inOwn(h.Host) && s.certifier(h.Host) == d.Name {
			hosts = append(hosts, h.Host)
		}
	}
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	return hosts[:min(len(hosts), MaxHosts)], nil
}

// certifier is the domain whose certificate is shown on a host of routes, else the one whose
// authority certifies it; "" for none.
func (s *Service) certifier(host string) string {
	t, bare := s.table.Load(), strings.TrimPrefix(host, "*.")
	for _, name := range above(bare) {
		if h := t.domains[name]; h != nil && h.cert != nil && covers(h.cert.Leaf, host) {
			return name
		}
	}
	return s.Of(bare)
}

// Wider returns the closest domain above one that has no certificate itself, whose certificate
// is for the domain or for names below it; "" for none.
func (s *Service) Wider(d Domain) string {
	if d.State != Verified || d.Certificate != nil {
		return ""
	}
	t := s.table.Load()
	for _, name := range above(d.Name)[1:] {
		if h := t.domains[name]; h != nil && h.tenant == d.Scope.Tenant && h.cert != nil && isFor(h.cert.Leaf, d.Name) {
			return name
		}
	}
	return ""
}

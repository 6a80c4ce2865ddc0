package gatewaysql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// HostsWithin returns the hosts of a tenant's routes at and below a domain, which has letters,
// digits, hyphens and dots alone. No route changes from then on until the transaction ends.
func (s *Store) HostsWithin(ctx context.Context, tenant, domain string) ([]gateway.RouteHost, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	return s.HostsNow(ctx, tenant, domain)
}

// HostsNow is HostsWithin for who only looks: routes change meanwhile.
func (s *Store) HostsNow(ctx context.Context, tenant, domain string) ([]gateway.RouteHost, error) {
	var rows []routeHostRow
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant).Where("(host = ? OR host LIKE ?)", domain, "%."+domain).
		Order("project", "stage", "route", "host").Scan(ctx)
	return db.Each(rows, err, "the hosts within "+domain, func(r routeHostRow) (gateway.RouteHost, error) {
		return gateway.RouteHost{Host: r.Host, Route: r.Route, Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}}, nil
	})
}

// FreeHosts frees hosts for others, though routes have them. No route changes from then on
// until the transaction ends.
func (s *Store) FreeHosts(ctx context.Context, hosts []gateway.RouteHost) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, h := range hosts {
		_, err := s.db.Conn(ctx).NewDelete().Model((*hostRow)(nil)).Where("host = ? AND "+inScope, h.Host, h.Scope.Tenant, h.Scope.Project, h.Scope.Stage).Exec(ctx)
		if err != nil {
			return db.Map(err, "host "+h.Host)
		}
	}
	return nil
}

// ClaimHosts takes hosts for the scopes whose routes have them, unless another scope has one.
func (s *Store) ClaimHosts(ctx context.Context, hosts []gateway.RouteHost) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, h := range hosts {
		if _, err := s.claim(ctx, h.Scope, h.Host); err != nil {
			return err
		}
	}
	return nil
}

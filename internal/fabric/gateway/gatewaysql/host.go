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
	var rows []routeHostRow
	err := s.db.Conn(ctx).NewSelect().Model(&rows).Where("tenant = ?", tenant).Where("(host = ? OR host LIKE ?)", domain, "%."+domain).
		Order("project", "stage", "route", "host").Scan(ctx)
	return db.Each(rows, err, "the hosts within "+domain, func(r routeHostRow) (gateway.RouteHost, error) {
		return gateway.RouteHost{Host: r.Host, Route: r.Route, Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}}, nil
	})
}

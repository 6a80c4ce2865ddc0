package besidesql

import (
	"context"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

var _ beside.Shelf = (*Store)(nil)

// Page implements beside.Shelf.
func (s *Store) Page(ctx context.Context, scope kernel.Scope, after time.Time, page kernel.PageRequest) (kernel.Page[beside.Known], error) {
	var rows []row
	q := s.db.Reader(ctx).NewSelect().Model(&rows).Where("tenant = ? AND project = ? AND stage = ?", scope.Tenant, scope.Project, scope.Stage).
		Where("daemon IN (SELECT daemon FROM mesh_daemons WHERE seen_at > ?)", after.UnixMicro())
	if page.Cursor != "" {
		workload, rest, _ := strings.Cut(page.Cursor, "/")
		addr, daemon, _ := strings.Cut(rest, "/")
		q = q.Where("(workload, addr, daemon) > (?, ?, ?)", workload, addr, daemon)
	}
	err := q.Order("workload", "addr", "daemon").Limit(int64(page.Size() + 1)).Scan(ctx)
	all, err := db.Each(rows, err, what, func(r row) (beside.Known, error) { return beside.Known{Record: r.record(), Daemon: r.Daemon}, nil })
	return kernel.PageOf(all, page, func(k beside.Known) string { return k.Workload + "/" + k.Addr + "/" + k.Daemon }), err
}

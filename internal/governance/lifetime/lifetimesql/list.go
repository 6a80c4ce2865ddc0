package lifetimesql

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// List returns those of a project within a reach, the first to expire first.
func (s *Store) List(ctx context.Context, scope kernel.Scope, within kernel.Reach, workload string, page kernel.PageRequest) (kernel.Page[lifetime.Lifetime], error) {
	q := s.db.Reader(ctx).NewSelect().TableExpr("lifetimes").Column("revision", "body").Where("tenant = ? AND project = ?", scope.Tenant, scope.Project)
	if scope.Stage != "" {
		q = q.Where("stage = ?", scope.Stage)
	}
	if workload != "" {
		q = q.Where("workload = ?", workload)
	}
	if page.Cursor != "" {
		expires, stack, err := place(page.Cursor)
		if err != nil {
			return kernel.Page[lifetime.Lifetime]{}, err
		}
		q = q.Where("(expires > ? OR expires = ? AND stack > ?)", expires, expires, stack)
	}
	var rows []row
	err := db.Within(q, within, "project", "stage").Order("expires", "stack").Limit(int64(page.Size())+1).Scan(ctx, &rows)
	if err != nil {
		return kernel.Page[lifetime.Lifetime]{}, db.Map(err, "the lifetimes")
	}
	all, err := lifetimes(rows)
	return kernel.PageOf(all, page, cursor), err
}

// cursor is where a lifetime is in the order of the list: when it expires, in the
// microseconds that databases keep, and its stack.
func cursor(l lifetime.Lifetime) string {
	return fmt.Sprintf("%d.%s", l.ExpiresAt.UnixMicro(), l.Stack())
}

// place is where a cursor is.
func place(cursor string) (expires time.Time, stack string, err error) {
	at, stack, ok := strings.Cut(cursor, ".")
	micro, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil {
		return expires, "", kernel.Errorf(kernel.Invalid, "%q is no place in the list of lifetimes", cursor).
			WithFix("ask without a cursor, then with the next of each page")
	}
	return time.UnixMicro(micro).UTC(), stack, nil
}

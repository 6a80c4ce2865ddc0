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

// List returns those of a project, the first to expire first.
func (s *Store) List(ctx context.Context, scope kernel.Scope, workload string, page kernel.PageRequest) (kernel.Page[lifetime.Lifetime], error) {
	query := "SELECT revision, body FROM lifetimes WHERE tenant = ? AND project = ? AND (stage = ? OR ? = '') AND (workload = ? OR ? = '')"
	args := []any{scope.Tenant, scope.Project, scope.Stage, scope.Stage, workload, workload}
	if page.Cursor != "" {
		expires, stack, err := place(page.Cursor)
		if err != nil {
			return kernel.Page[lifetime.Lifetime]{}, err
		}
		query += " AND (expires > ? OR expires = ? AND stack > ?)"
		args = append(args, expires, expires, stack)
	}
	var rows []row
	err := s.db.Reader(ctx).NewRaw(query+" ORDER BY expires, stack LIMIT ?", append(args, page.Size()+1)...).Scan(ctx, &rows)
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

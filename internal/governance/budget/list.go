package budget

import (
	"context"
	"math"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// List returns the budgets that the actor may read by name, with what their months
// are going to cost; those that bound a project where the scope has one.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Status], error) {
	none := kernel.Page[Status]{}
	if _, ok := kernel.ActorFrom(ctx); !ok {
		return none, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	}
	if err := s.across(ctx, actionReadAny, scope); err != nil {
		return none, err
	}
	within, err := s.sight(ctx, scope)
	if err != nil {
		return none, err
	}
	visible, err := s.Store.Page(ctx, scope, within, page.Cursor, page.Size()+1)
	if err != nil {
		return none, err
	}
	names := kernel.PageOf(visible, page, func(b Budget) string { return b.Name })
	items, err := s.statuses(ctx, scope.Tenant, names.Items)
	return kernel.Page[Status]{Items: items, Next: names.Next}, err
}

// History returns what a budget was, the newest first, deleted ones too. What it was in
// a scope that the actor may not read is left out.
func (s *Service) History(ctx context.Context, scope kernel.Scope, name string, page kernel.PageRequest) (kernel.Page[Revision], error) {
	none := kernel.Page[Revision]{}
	if err := s.across(ctx, actionReadAny, scope); err != nil {
		return none, err
	}
	before, err := revisionOf(page.Cursor)
	if err != nil {
		return none, err
	}
	within, err := s.sight(ctx, scope)
	if err != nil {
		return none, err
	}
	visible, err := s.Store.History(ctx, scope.Tenant, name, within, before, page.Size()+1)
	if err == nil && len(visible) == 0 && page.Cursor == "" {
		err = s.noHistory(ctx, scope, name)
	}
	if err != nil {
		return none, err
	}
	return kernel.PageOf(visible, page, func(r Revision) string { return strconv.FormatInt(r.Revision, 10) }), nil
}

// noHistory says why the actor sees nothing that a budget was.
func (s *Service) noHistory(ctx context.Context, scope kernel.Scope, name string) error {
	past, err := s.Store.History(ctx, scope.Tenant, name, kernel.Reach{All: true}, math.MaxInt64, 1)
	switch {
	case err != nil:
		return err
	case len(past) == 0:
		return kernel.Errorf(kernel.NotFound, "there is no budget %s, and there was none", name).WithFix("see terrace budget list")
	default:
		return s.mayRead(ctx, past[0].Where())
	}
}

// revisionOf is the revision that the page of a history comes after.
func revisionOf(cursor string) (int64, error) {
	if cursor == "" {
		return math.MaxInt64, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil {
		return 0, kernel.Errorf(kernel.Invalid, "%.40q is not a cursor of this list", cursor)
	}
	return n, nil
}

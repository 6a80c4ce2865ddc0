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
	after := page.Cursor
	more := func() ([]Budget, error) {
		part, err := s.Store.Page(ctx, scope.Tenant, after, page.Size()+1)
		if len(part) > 0 {
			after = part[len(part)-1].Name
		}
		return part, err
	}
	visible, _, err := permitted(page, more, func(b Budget) (bool, error) {
		if scope.Project != "" && b.Project != "" && b.Project != scope.Project {
			return false, nil
		}
		return true, s.mayRead(ctx, b.where())
	})
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
	known := false
	more := func() ([]Revision, error) {
		part, err := s.Store.History(ctx, scope.Tenant, name, before, page.Size()+1)
		if len(part) > 0 {
			known, before = true, part[len(part)-1].Revision
		}
		return part, err
	}
	visible, refused, err := permitted(page, more, func(r Revision) (bool, error) {
		return true, s.mayRead(ctx, r.where())
	})
	switch {
	case err != nil:
		return none, err
	case page.Cursor == "" && !known:
		return none, kernel.Errorf(kernel.NotFound, "there is no budget %s, and there was none", name).WithFix("see terrace budget list")
	case page.Cursor == "" && len(visible) == 0:
		return none, refused
	}
	return kernel.PageOf(visible, page, func(r Revision) string { return strconv.FormatInt(r.Revision, 10) }), nil
}

// permitted are what the actor may read of a list, up to one that follows the page, and
// why the first that they may not was refused. more returns the next part of the list;
// one that is shorter than was asked for is its last.
func permitted[T any](page kernel.PageRequest, more func() ([]T, error), may func(T) (bool, error)) (all []T, refused, err error) {
	for {
		part, err := more()
		if err != nil {
			return nil, nil, err
		}
		for _, one := range part {
			wanted, err := may(one)
			switch {
			case err == nil && wanted:
				all = append(all, one)
			case err != nil && !kernel.Is(err, kernel.Denied) && !kernel.Is(err, kernel.NotFound):
				return nil, nil, err
			case err != nil && refused == nil:
				refused = err
			}
		}
		if len(part) <= page.Size() || len(all) > page.Size() {
			return all, refused, nil
		}
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

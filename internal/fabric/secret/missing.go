package secret

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Missing tells why a reference means nothing in a stage, and what to do about it; nil where
// it means a value. It shows no value, and is no read of one. The caller has checked that the
// actor may know which secrets there are (workload.read).
func (s *Service) Missing(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error) {
	return s.Unfit(ctx, scope, r, func(string) string { return "" })
}

// Unfit is Missing, and tells as well what judge says of the value, "" for nothing. judge
// says nothing of the value itself, so that this is no read of it either.
func (s *Service) Unfit(ctx context.Context, scope kernel.Scope, r secretref.Reference, judge func(value string) string) (*kernel.Problem, error) {
	v, plain, err := s.opened(ctx, scope, r.Name, r.Version)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return s.absent(ctx, scope, r)
	case err != nil:
		return nil, err
	}
	value, err := v.value(plain, r)
	switch {
	case kernel.Is(err, kernel.Invalid):
		return &kernel.Problem{
			Message: fmt.Sprintf("the secret %s has several keys in %s, and none is named", r.Name, scope.Stage), Fix: "write ${secret:" + r.Name + "#KEY}",
		}, nil
	case kernel.Is(err, kernel.NotFound):
		return &kernel.Problem{
			Message: fmt.Sprintf("the secret %s has no key %q in %s", r.Name, r.Key, scope.Stage),
			Fix:     r.Command(scope.Stage),
		}, nil
	}
	if err != nil {
		return nil, err
	}
	if wrong := judge(value); wrong != "" {
		return &kernel.Problem{Message: fmt.Sprintf("the secret %s in %s %s", r.Inside(), scope.Stage, wrong), Fix: r.Command(scope.Stage)}, nil
	}
	return nil, nil //nolint:nilnil // there is a value, and nothing is wrong with it
}

// absent tells of a version that is not there, or not any more.
func (s *Service) absent(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error) {
	newest, err := s.Store.Current(ctx, scope, r.Name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, err
	}
	set := r.Command(scope.Stage)
	switch {
	case err != nil:
		return &kernel.Problem{Message: fmt.Sprintf("there is no secret %s in %s", r.Name, scope.Stage), Fix: set}, nil
	case r.Version == 0:
		return &kernel.Problem{Message: fmt.Sprintf("the secret %s is deleted in %s", r.Name, scope.Stage), Fix: set}, nil
	case r.Version <= newest.Version:
		return &kernel.Problem{
			Message: fmt.Sprintf("version %d of the secret %s is deleted in %s", r.Version, r.Name, scope.Stage),
			Fix:     fmt.Sprintf("see terrace secret history %s --stage %s; refer to a version that is there, or to none", r.Name, scope.Stage),
		}, nil
	default:
		return &kernel.Problem{
			Message: fmt.Sprintf("the secret %s has no version %d in %s; its newest is %d", r.Name, r.Version, scope.Stage, newest.Version),
			Fix:     fmt.Sprintf("see terrace secret history %s --stage %s; %s makes a newer one, for references without @%d", r.Name, scope.Stage, set, r.Version),
		}, nil
	}
}

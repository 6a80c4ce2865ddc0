package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// stagesFor returns the stages in which the actor of ctx may do the action: the named
// one, or of all of them those where it may.
func (s *Service) stagesFor(ctx context.Context, action string, scope kernel.Scope, only string) ([]stage.Stage, error) {
	if only != "" {
		if err := s.Authorizer.Authorize(ctx, action, scope.InStage(only)); err != nil {
			return nil, err
		}
		st, err := s.Stages.Get(only)
		return []stage.Stage{st}, err
	}
	if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
		return nil, err
	}
	var may []stage.Stage
	for _, st := range s.Stages.All() {
		switch err := s.Authorizer.Authorize(ctx, action, scope.InStage(st.Name)); {
		case err == nil:
			may = append(may, st)
		case !kernel.Is(err, kernel.Denied):
			return nil, err
		}
	}
	return may, nil
}

// within returns what narrows a list of the project to what the actor of ctx may read:
// nil where it may read all of it, or the stage that it is narrowed to.
func (s *Service) within(ctx context.Context, scope kernel.Scope, only string) (*kernel.Reach, error) {
	if only != "" {
		return nil, s.Authorizer.Authorize(ctx, actionRead, scope.InStage(only))
	}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return nil, err
	}
	reach, err := s.Authorizer.Allowed(ctx, actionRead, scope)
	if err != nil || reach.Whole(scope.Project) {
		return nil, err
	}
	return &reach, nil
}

// readable says whether the actor of ctx may read what was found in the scope of a stage,
// or what it is told where nothing was found. Who may read nothing of the project is told
// the same in both cases, and so is who may read other stages of it.
func (s *Service) readable(ctx context.Context, scope, of kernel.Scope, found error, missing *kernel.Error) error {
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return err
	}
	if kernel.Is(found, kernel.NotFound) {
		return missing
	}
	if found != nil {
		return found
	}
	return s.seen(ctx, of, missing, actionRead)
}

// seen returns missing to who may do none of the actions in a scope.
func (s *Service) seen(ctx context.Context, of kernel.Scope, missing *kernel.Error, actions ...string) error {
	for _, one := range actions {
		if err := s.Authorizer.Authorize(ctx, one, of); !kernel.Is(err, kernel.Denied) {
			return err
		}
	}
	return missing
}

// noRun says that there is no such run.
func noRun(id string) *kernel.Error {
	return kernel.Errorf(kernel.NotFound, "run %s does not exist", id).WithFix("see terrace run list")
}

// find returns a run for one of the actions on it. Who may neither read runs of the project
// nor do any of these anywhere in it is told so, whether there is such a run or not; a run in
// a stage of which that is so does not exist.
func (s *Service) find(ctx context.Context, scope kernel.Scope, id string, actions ...string) (Run, error) {
	if err := s.reaches(ctx, scope, actions); err != nil {
		return Run{}, err
	}
	r, err := s.Store.Get(ctx, scope, id)
	if kernel.Is(err, kernel.NotFound) {
		return Run{}, noRun(id)
	}
	if err != nil {
		return Run{}, err
	}
	return r, s.seen(ctx, r.Scope, noRun(id), append(actions, actionRead)...)
}

// reaches refuses who may neither read runs of a project nor do any of the actions in it.
func (s *Service) reaches(ctx context.Context, scope kernel.Scope, actions []string) error {
	for _, one := range append([]string{actionRead}, actions...) {
		reach, err := s.Authorizer.Allowed(ctx, one, scope)
		if err != nil || !reach.None() {
			return err
		}
	}
	return s.Authorizer.Authorize(ctx, actions[0], scope)
}

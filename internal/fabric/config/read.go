package config

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// View is what counts for a workload at a stage, for people: secrets stay references.
type View struct {
	Revision string                 `json:"revision"`
	Commit   string                 `json:"commit"`
	Values   []configfile.Entry     `json:"values"`
	Flags    []configfile.FlagEntry `json:"flags"`
	// Unavailable are the values that are not delivered.
	Unavailable []Unavailable `json:"unavailable,omitempty" doc:"The keys that are not delivered, since the secret is not there or does not fit the key's schema."`
}

// Effective returns what counts for a workload at a stage: now, or at a revision.
func (s *Service) Effective(ctx context.Context, scope kernel.Scope, workload, revision string) (View, error) {
	r, set, err := s.at(ctx, scope, revision)
	if err != nil {
		return View{}, err
	}
	v := View{Revision: r.ID, Commit: r.Commit, Values: set.Effective(workload, scope.Stage), Flags: set.Flags(workload, scope.Stage)}
	v.Unavailable, err = s.unavailable(ctx, scope, set, workload)
	return v, err
}

// at returns a revision by its id or the begin of its commit, the one that counts where
// that is empty, for who may read.
func (s *Service) at(ctx context.Context, scope kernel.Scope, revision string) (r Revision, set *configfile.Set, err error) {
	project := scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return r, nil, err
	}
	if revision == "" {
		n, set, err := s.current(ctx, project)
		if err != nil {
			return r, nil, err
		}
		r, err = s.Store.Revision(ctx, project, n.Status.Effective)
		return r, set, err
	}
	switch {
	case strings.HasPrefix(revision, "cfgr_"):
		r, err = s.Store.Revision(ctx, project, revision)
	case len(revision) >= 7 && strings.Trim(revision, "0123456789abcdef") == "":
		r, err = s.Store.AtCommit(ctx, project, revision)
	default:
		err = kernel.Errorf(kernel.Invalid, "%q is no revision", revision).WithFix("give an id, or at least 7 digits of a commit, of terrace config history")
	}
	if kernel.Is(err, kernel.NotFound) {
		err = kernel.Errorf(kernel.NotFound, "there is no revision %s of the configuration of %s", revision, scope.Project).WithFix("see those there are with: terrace config history")
	}
	if err != nil {
		return r, nil, err
	}
	if !r.Valid {
		return r, nil, kernel.Errorf(kernel.Conflict, "the revision %s was not valid, and never counted", revision).WithProblems(r.Problems...)
	}
	set, err = r.set()
	return r, set, err
}

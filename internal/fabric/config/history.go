package config

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// History returns the revisions of a project, the newest first; with a key those that
// changed it.
func (s *Service) History(ctx context.Context, scope kernel.Scope, key string, page kernel.PageRequest) (kernel.Page[Revision], error) {
	if _, err := s.find(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Revision]{}, err
	}
	scope = scope.InProject(scope.Project)
	if key == "" {
		return s.Store.ListRevisions(ctx, scope, page)
	}
	out := kernel.Page[Revision]{Items: []Revision{}}
	more := kernel.PageRequest{Limit: kernel.MaxPageSize, Cursor: page.Cursor}
	for range mostLooked {
		found, err := s.Store.ListRevisions(ctx, scope, more)
		if err != nil {
			return out, err
		}
		for _, r := range found.Items {
			if !slices.Contains(r.Changed, key) {
				continue
			}
			if len(out.Items) == page.Size() {
				out.Next = out.Items[len(out.Items)-1].ID
				return out, nil
			}
			out.Items = append(out.Items, r)
		}
		if out.Next, more.Cursor = found.Next, found.Next; found.Next == "" {
			return out, nil
		}
	}
	return out, nil // a page may hold fewer, and there is more while it has a Next
}

// mostLooked bounds the pages of revisions that one question looks through.
const mostLooked = 25

// Comparison asks for a difference.
type Comparison struct {
	// From and To are revisions; empty is the one that counts. Where neither they nor ToStage
	// say what to compare, From is the one that counted before it.
	From, To string
	// Workload and Stage narrow it to one target; ToStage compares with another stage.
	Workload, Stage, ToStage string
}

// Diff returns what differs between two revisions, or two stages.
func (s *Service) Diff(ctx context.Context, scope kernel.Scope, c Comparison) ([]configfile.Change, error) {
	from, err := s.from(ctx, scope, c)
	if err != nil {
		return nil, err
	}
	_, to, err := s.at(ctx, scope, c.To)
	if err != nil {
		return nil, err
	}
	if c.Stage != "" || c.ToStage != "" {
		a := configfile.Target{Workload: c.Workload, Stage: cmp.Or(c.Stage, c.ToStage)}
		return configfile.Between(from, a, to, configfile.Target{Workload: c.Workload, Stage: cmp.Or(c.ToStage, c.Stage)}), nil
	}
	targets, err := s.targets(ctx, scope.InProject(scope.Project), from, to)
	if err != nil {
		return nil, err
	}
	if c.Workload != "" {
		targets = slices.DeleteFunc(targets, func(t configfile.Target) bool { return t.Workload != c.Workload })
	}
	return configfile.Affected(from, to, targets), nil
}

// from is what a comparison begins with: nothing at all where no revision counted before.
func (s *Service) from(ctx context.Context, scope kernel.Scope, c Comparison) (set *configfile.Set, err error) {
	if c.From == "" && c.To == "" && c.ToStage == "" {
		n, err := s.find(ctx, ActionRead, scope)
		if err != nil {
			return nil, err
		}
		if n.Status.Effective != "" {
			if c.From, err = s.before(ctx, scope.InProject(scope.Project), n.Status.Effective); err != nil {
				return nil, err
			}
			if c.From == "" {
				return set, nil
			}
		}
	}
	_, set, err = s.at(ctx, scope, c.From)
	return set, err
}

// before is the newest valid revision before one, "" for none that is kept.
func (s *Service) before(ctx context.Context, scope kernel.Scope, revision string) (string, error) {
	page := kernel.PageRequest{Limit: kernel.MaxPageSize, Cursor: revision}
	for range mostLooked {
		found, err := s.Store.ListRevisions(ctx, scope, page)
		if err != nil {
			return "", err
		}
		for _, r := range found.Items {
			if r.Valid {
				return r.ID, nil
			}
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			break
		}
	}
	return "", nil
}

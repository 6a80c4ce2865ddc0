package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Judgement is what a data plane that is not this gateway makes of a document.
type Judgement struct {
	Class Class
	Kind  string
	Name  string
	Scope kernel.Scope
	// Refused tells that the plane cannot do it at all; else it comes close, and Problem
	// says what differs.
	Refused bool
	// Problem's path is one within the spec.
	Problem kernel.Problem
}

// String says it in one line.
func (j Judgement) String() string {
	text := j.Kind + " " + j.Name
	if j.Problem.Path != "" {
		text += ", " + j.Problem.Path
	}
	return text + ": " + j.Problem.Message
}

// Planes knows the stages whose documents are obeyed by something other than this gateway.
type Planes interface {
	// Plane names what obeys the documents of a stage, "" for this gateway.
	Plane(scope kernel.Scope) string
	// Judge says what that makes of what is in force on a stage.
	Judge(ctx context.Context, scope kernel.Scope, all []InForce) ([]Judgement, error)
	// Edge is what the landing zone of a stage takes of what is in force there.
	Edge(ctx context.Context, scope kernel.Scope, all []InForce) (map[string]any, error)
	// Carry has the documents of a stage brought to where they are obeyed, and says in
	// words what becomes of them, for people.
	Carry(ctx context.Context, scope kernel.Scope) (string, error)
}

// planed are the stages under the scopes of items whose documents are obeyed elsewhere.
func (s *Service) planed(ctx context.Context, items []item) ([]kernel.Scope, error) {
	if s.Planes == nil {
		return nil, nil
	}
	var all []kernel.Scope
	add := func(scope kernel.Scope) {
		if s.Planes.Plane(scope) != "" && !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	wide := false
	for _, it := range items {
		if it.scope.Stage != "" {
			add(it.scope)
		} else {
			wide = true
		}
	}
	if !wide {
		return all, nil
	}
	routes, err := s.Store.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		if slices.ContainsFunc(items, func(it item) bool {
			return it.scope.Stage == "" && it.scope.Tenant == r.Scope.Tenant && (it.scope.Project == "" || it.scope.Project == r.Scope.Project)
		}) {
			add(r.Scope)
		}
	}
	return all, nil
}

// judged is what planes make of what is in force now, by the lines that say it.
func (s *Service) judged(ctx context.Context, scopes []kernel.Scope) (map[string]Judgement, []string, error) {
	out := map[string]Judgement{}
	var order []string
	for _, scope := range scopes {
		all, err := s.InForce(ctx, scope)
		if err != nil {
			return nil, nil, err
		}
		found, err := s.Planes.Judge(ctx, scope, all)
		if err != nil {
			return nil, nil, err
		}
		for _, j := range found {
			key := fmt.Sprint(j.Scope, j)
			if _, has := out[key]; !has {
				order = append(order, key)
			}
			out[key] = j
		}
	}
	return out, order, nil
}

// judge refuses what a plane cannot do, and notes what it does otherwise. What it could not
// do before, of documents that are not applied now, is no reason.
func (a *application) judge(ctx context.Context, items []item, scopes []kernel.Scope, before map[string]Judgement) error {
	after, order, err := a.s.judged(ctx, scopes)
	if err != nil {
		return err
	}
	for _, key := range order {
		j := after[key]
		at := slices.IndexFunc(items, func(it item) bool { return it.class == j.Class && it.name == j.Name && it.scope == j.Scope })
		switch _, known := before[key]; {
		case j.Refused && at >= 0:
			a.failed = append(a.failed, items[at].placed(kernel.Errorf(kernel.Invalid, "%s %s cannot be obeyed", j.Kind, j.Name).WithProblems(j.Problem)))
		case j.Refused && !known:
			a.failed = append(a.failed, kernel.Errorf(kernel.Invalid, "%s", j.Problem.Message).
				WithProblems(kernel.Problem{Path: j.Kind + " " + j.Name + " of " + j.Scope.String(), Message: j.Problem.Path + ": " + j.Problem.Message, Fix: j.Problem.Fix}))
		case !j.Refused && at >= 0 && a.changes[at].Outcome != Unchanged:
			a.changes[at].remark(strings.TrimPrefix(j.Problem.Path+": ", ": ") + j.Problem.Message)
		}
	}
	return nil
}

// carry has what was applied brought to the planes of its stages. What was applied stays,
// whatever comes of that.
func (s *Service) carry(ctx context.Context, items []item, changes []Change) {
	if !slices.ContainsFunc(changes, func(c Change) bool { return c.Outcome != Unchanged }) {
		return
	}
	scopes, err := s.planed(ctx, items)
	if err != nil {
		s.Log.ErrorContext(ctx, "the stages of documents cannot be found", "error", err)
		return
	}
	for _, scope := range scopes {
		said, err := s.Planes.Carry(ctx, scope)
		if err != nil {
			said = "it is not on its way to " + s.Planes.Plane(scope) + " of " + scope.Stage + ": " + words(err)
		}
		for i := range changes {
			of := items[i].scope
			if said != "" && changes[i].Outcome != Unchanged && (of.Stage == "" || of == scope) && (of.Project == "" || of.Project == scope.Project) {
				changes[i].remark(said)
			}
		}
	}
}

// words are what a person is told of an error.
func words(err error) string {
	if told, ok := errors.AsType[*kernel.Error](err); ok && told.Fix != "" {
		return told.Message + "; " + told.Fix
	}
	return err.Error()
}

// PlaneUse is what obeys a route in place of this gateway.
type PlaneUse struct {
	Name string `json:"name"`
	// Says is what it does otherwise than this gateway, and what it does not do.
	Says []string `json:"says"`
}

// plane says what obeys a route, nil for this gateway.
func (s *Service) plane(ctx context.Context, r Route, uses []PolicyUse) (*PlaneUse, error) {
	if s.Planes == nil || s.Planes.Plane(r.Scope) == "" {
		return nil, nil //nolint:nilnil // it is this gateway
	}
	found, order, err := s.judged(ctx, []kernel.Scope{r.Scope})
	if err != nil {
		return nil, err
	}
	out := &PlaneUse{Name: s.Planes.Plane(r.Scope), Says: []string{}}
	for _, key := range order {
		j := found[key]
		mine := j.Class == ClassRoute && j.Name == r.Name || slices.ContainsFunc(uses, func(u PolicyUse) bool {
			return u.Holds && u.Kind == j.Kind && u.Name == j.Name && u.From == j.Scope.String()
		})
		if mine {
			out.Says = append(out.Says, j.String())
		}
	}
	return out, nil
}

// Edge returns what the landing zone of a stage takes of the documents of all its projects.
func (s *Service) Edge(ctx context.Context, scope kernel.Scope) (map[string]any, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return nil, err
	}
	if s.Stages != nil {
		if err := s.Stages.Check(scope.Stage); err != nil {
			return nil, err
		}
	}
	if s.Planes == nil || s.Planes.Plane(scope) == "" {
		return nil, kernel.Errorf(kernel.Refused, "the documents of %s are obeyed by Terrace's own gateway, and no landing zone takes anything of them", scope.Stage)
	}
	all, err := s.InForce(ctx, kernel.Scope{Tenant: scope.Tenant, Stage: scope.Stage})
	if err != nil {
		return nil, err
	}
	return s.Planes.Edge(ctx, scope, all)
}

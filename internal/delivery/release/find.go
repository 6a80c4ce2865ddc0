package release

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxCandidates bounds how many releases are told where a name means several.
const maxCandidates = 10

// Name is what people call a release, in a workload or, where that is "", in any
// of the project.
type Name struct {
	Workload string
	// Number is 0 for none.
	Number int
	// Version is "" for none; a text of digits alone may be both.
	Version string
}

// Find returns a release by its id, or by its number (2 or #2) or its version in
// the workload, "" for any of the project. NotFound when there is none, and
// Conflict with all that could be meant when there are several.
func (s *Service) Find(ctx context.Context, scope kernel.Scope, workload, name string) (Release, error) {
	if strings.HasPrefix(name, idPrefix) {
		return s.Get(ctx, scope, name)
	}
	scope = scope.InProject(scope.Project)
	if err := s.c.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Release{}, err
	}
	found, err := s.c.Store.Named(ctx, scope, nameOf(workload, name), maxCandidates)
	if err != nil {
		return Release{}, err
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Release{}, unknown(workload, name)
	default:
		return Release{}, ambiguous(name, found)
	}
}

func nameOf(workload, name string) Name {
	n := Name{Workload: workload, Version: name}
	digits, marked := strings.CutPrefix(name, "#")
	if number, err := strconv.Atoi(digits); err == nil && number > 0 {
		n.Number = number
	}
	if marked && n.Number > 0 {
		n.Version = ""
	}
	return n
}

func unknown(workload, name string) error {
	if workload == "" {
		return kernel.Errorf(kernel.NotFound, "no release has the id, the number or the version %q", name).WithFix("see terrace release list WORKLOAD")
	}
	return kernel.Errorf(kernel.NotFound, "no release of %s has the id, the number or the version %q", workload, name).
		WithFix("see terrace release list %s", workload)
}

func ambiguous(name string, found []Release) error {
	e := kernel.Errorf(kernel.Conflict, "%q may be any of %d releases", name, len(found))
	if len(found) == maxCandidates {
		e = kernel.Errorf(kernel.Conflict, "%q may be any of %d releases or more", name, len(found))
	}
	for _, r := range found {
		e.Problems = append(e.Problems, kernel.Problem{
			Path: r.ID, Message: fmt.Sprintf("release %d (%s) of %s, made at %s by %s", r.Number, r.Version, r.Workload, r.CreatedAt.Format(time.RFC3339), r.CreatedBy),
		})
	}
	return e.WithFix("give the id of one")
}

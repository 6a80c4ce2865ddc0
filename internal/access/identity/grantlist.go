package identity

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// GrantFilter narrows a list of grants. With a project, those that hold in all of it or
// in a part of it; with a stage, those that hold there.
type GrantFilter struct {
	// Platform is for those on the platform alone.
	Platform bool
	Project  string
	Stage    string
	// Subject is a kind and a name.
	Subject Subject
}

// Grants lists the grants of the scope's tenant; with a project, those that hold there.
// Operators see those on the platform, whatever they see of the tenant.
func (s *Service) Grants(ctx context.Context, scope kernel.Scope, f GrantFilter, page kernel.PageRequest) (kernel.Page[Grant], error) {
	where, action := kernel.Scope{Tenant: scope.Tenant, Project: f.Project, Stage: f.Stage}, "access.read"
	if f.Platform {
		if f.Project != "" || f.Stage != "" {
			return kernel.Page[Grant]{}, kernel.Errorf(kernel.Invalid, "the platform has no projects and stages").WithFix("ask for those on the platform, or for those in a project")
		}
		action = grantAction(true)
	}
	if err := s.Authorize(ctx, action, where); err != nil {
		return kernel.Page[Grant]{}, err
	}
	if f.Project != "" {
		if err := s.Projects.Exists(ctx, where); err != nil {
			return kernel.Page[Grant]{}, err
		}
	}
	found, err := s.Store.Grants(ctx, scope.Tenant, f, page)
	if err == nil && f.Subject.Name != "" && !f.Platform && len(found.Items) == 0 && page.Cursor == "" {
		err = s.isThere(ctx, where, f)
	}
	return found, err
}

// subjectRead is what it takes to see who there is, by their kind.
func subjectRead(kind SubjectKind) string {
	return map[SubjectKind]string{KindUser: "user.read", KindGroup: "group.read", KindService: "service-account.read"}[kind]
}

// isThere refuses to tell of somebody who is not there that they have no grants. Who may not see
// who there is, learns no more than that there are none for the name.
func (s *Service) isThere(ctx context.Context, where kernel.Scope, f GrantFilter) error {
	err := s.Authorize(ctx, subjectRead(f.Subject.Kind), kernel.Scope{Tenant: where.Tenant})
	switch {
	case kernel.Is(err, kernel.Denied):
		return kernel.Errorf(kernel.NotFound, "there is no %s %s that has a role there", f.Subject.Kind, f.Subject.Name).WithFix("see terrace access list without --of")
	case err != nil:
		return err
	}
	_, _, err = s.named(ctx, where.Tenant, f.Subject)
	return err
}

// Mine returns the grants of the actor of ctx that have not ended, also those of its
// groups.
func (s *Service) Mine(ctx context.Context) ([]Grant, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return nil, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	}
	if !isSubject(actor) {
		return nil, nil
	}
	has, err := s.standing(ctx, actor.Tenant, actor.ID)
	if err != nil {
		return nil, err
	}
	return has.holding(s.Clock.Now()), nil
}

// isSubject reports whether an actor has grants.
func isSubject(a kernel.Actor) bool {
	return a.Kind == kernel.ActorUser || a.Kind == kernel.ActorService
}

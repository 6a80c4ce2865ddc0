package vcstest

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// People are users whose name is their role: viewer, developer, approver, admin.
type People struct{}

// Password is everybody's.
const Password = "correct horse battery"

// As acts as a person of the tenant acme.
func As(ctx context.Context, name string) context.Context {
	return kernel.WithActor(ctx, person("acme", name))
}

func person(tenant, name string) kernel.Actor {
	return kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: tenant}
}

// Named knows everybody but nobody.
func (*People) Named(_ context.Context, tenant, name string) (kernel.Actor, error) {
	if name == "nobody" {
		return kernel.Actor{}, kernel.Errorf(kernel.NotFound, "there is no user nobody")
	}
	return person(tenant, name), nil
}

// Acting knows everybody that Named does.
func (p *People) Acting(ctx context.Context, tenant, id string) (kernel.Actor, error) {
	return p.Named(ctx, tenant, strings.TrimPrefix(id, "usr_"))
}

// Authenticate takes terr_TENANT_NAME.
func (*People) Authenticate(_ context.Context, bearer string) (kernel.Actor, error) {
	if p := strings.SplitN(bearer, "_", 3); len(p) == 3 && p[0] == "terr" {
		return person(p[1], p[2]), nil
	}
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token is not valid")
}

// CheckPassword takes the one password.
func (*People) CheckPassword(_ context.Context, tenant, name, password string) (kernel.Actor, error) {
	if password == Password {
		return person(tenant, name), nil
	}
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the user name or the password is wrong")
}

// Authorize goes by the name.
func (*People) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, ok := kernel.ActorFrom(ctx)
	read := strings.HasSuffix(action, ".read")
	admin := slices.Contains([]string{"repo.connect", "repo.bind", "repo.delete"}, action)
	switch {
	case !ok:
		return kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	case actor.Tenant != scope.Tenant:
		return kernel.Errorf(kernel.NotFound, "the project %s does not exist", scope.Project)
	case actor.Kind == kernel.ActorSystem || actor.Name == "admin" || read || actor.Name == "developer" && !admin:
		return nil
	default:
		return kernel.Errorf(kernel.Denied, "%s may not do %s", actor.Name, action)
	}
}

// Allowed lets everybody read all of their tenant.
func (*People) Allowed(ctx context.Context, _ string, scope kernel.Scope) (kernel.Reach, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return kernel.Reach{}, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	}
	return kernel.Reach{All: actor.Tenant == scope.Tenant}, nil
}

// HasRole goes by the name.
func (*People) HasRole(ctx context.Context, _ string, _ kernel.Scope, role string) (bool, error) {
	actor, _ := kernel.ActorFrom(ctx)
	return actor.Name == role || actor.Name == "admin", nil
}

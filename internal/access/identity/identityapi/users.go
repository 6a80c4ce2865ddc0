package identityapi

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Me is the caller.
type Me struct {
	ID     string           `json:"id"`
	Name   string           `json:"name"`
	Kind   kernel.ActorKind `json:"kind"`
	Tenant string           `json:"tenant"`
	Roles  []Grant          `json:"roles"`
}

// Grant is a role and where it holds.
type Grant struct {
	Project string        `json:"project,omitempty" doc:"The project; none is the whole tenant."`
	Role    identity.Role `json:"role"`
}

type meOutput struct{ Body Me }

func (a API) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	roles, err := a.Service.Mine(ctx)
	if err != nil {
		return nil, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	me := Me{ID: actor.ID, Name: actor.Name, Kind: actor.Kind, Tenant: actor.Tenant, Roles: []Grant{}}
	for _, m := range roles {
		me.Roles = append(me.Roles, Grant{Project: m.Project, Role: m.Role})
	}
	return &meOutput{Body: me}, nil
}

type changePasswordInput struct {
	Body struct {
		Present string `json:"present" minLength:"1" maxLength:"256" doc:"The password until now."`
		Next    string `json:"next" minLength:"12" maxLength:"256" doc:"The password from now on."`
	}
}

func (a API) changePassword(ctx context.Context, in *changePasswordInput) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Service.ChangePassword(ctx, scope, in.Body.Present, in.Body.Next)
}

// User is a user of the tenant.
type User struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"createdAt"`
	DisabledAt *time.Time `json:"disabledAt,omitempty" doc:"Since when the user is kept out; missing for one who is not."`
}

func userOf(u identity.User) User {
	return User{ID: u.ID, Name: u.Name, CreatedAt: u.CreatedAt, DisabledAt: timeOrNone(u.DisabledAt)}
}

type usersOutput struct{ Body kernel.Page[User] }

func (a API) users(ctx context.Context, in *struct{ httpserver.PageParams }) (*usersOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Service.Users(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	return &usersOutput{Body: pageOf(page, userOf)}, nil
}

type createUserInput struct {
	Body struct {
		Name     string        `json:"name" minLength:"1" maxLength:"64"`
		Password string        `json:"password" minLength:"12" maxLength:"256"`
		Role     identity.Role `json:"role,omitempty" doc:"The role in the whole tenant; none unless given."`
	}
}

type userOutput struct{ Body User }

func (a API) createUser(ctx context.Context, in *createUserInput) (*userOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	u, err := a.Service.CreateUser(ctx, scope, identity.NewUser{Name: in.Body.Name, Password: in.Body.Password, Role: in.Body.Role})
	if err != nil {
		return nil, err
	}
	return &userOutput{Body: userOf(u)}, nil
}

type setDisabledInput struct {
	User string `path:"user" maxLength:"64" doc:"The user's name."`
	Body struct {
		Disabled bool `json:"disabled" doc:"Whether the user is kept out: sign-ins and tokens are refused from now on."`
	}
}

func (a API) setDisabled(ctx context.Context, in *setDisabledInput) (*userOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	u, err := a.Service.SetDisabled(ctx, scope, in.User, in.Body.Disabled)
	if err != nil {
		return nil, err
	}
	return &userOutput{Body: userOf(u)}, nil
}

// Member is a user's role in a project or in the whole tenant.
type Member struct {
	User    string        `json:"user"`
	Project string        `json:"project,omitempty" doc:"The project; none is the whole tenant."`
	Role    identity.Role `json:"role,omitempty"`
}

func memberOf(m identity.Membership) Member {
	return Member{User: m.User, Project: m.Project, Role: m.Role}
}

type membersOutput struct{ Body kernel.Page[Member] }

func (a API) members(ctx context.Context, in *struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	httpserver.PageParams
},
) (*membersOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Service.Members(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	return &membersOutput{Body: pageOf(page, memberOf)}, nil
}

// RoleChange is the body of the operations that set a role.
type RoleChange struct {
	Role string `json:"role" enum:"viewer,developer,approver,admin,none" doc:"The role; none takes it away."`
}

func (r RoleChange) role() identity.Role {
	if r.Role == "none" {
		return ""
	}
	return identity.Role(r.Role)
}

type memberOutput struct{ Body Member }

func (a API) setMember(ctx context.Context, in *struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	User    string `path:"user" maxLength:"64" doc:"The user's name."`
	Body    RoleChange
},
) (*memberOutput, error) {
	return a.set(ctx, in.Project, in.User, in.Body)
}

func (a API) setRole(ctx context.Context, in *struct {
	User string `path:"user" maxLength:"64" doc:"The user's name."`
	Body RoleChange
},
) (*memberOutput, error) {
	return a.set(ctx, "", in.User, in.Body)
}

func (a API) set(ctx context.Context, project, user string, change RoleChange) (*memberOutput, error) {
	scope, err := httpserver.Scope(ctx, project)
	if err != nil {
		return nil, err
	}
	m, err := a.Service.SetMember(ctx, scope, user, change.role())
	if err != nil {
		return nil, err
	}
	return &memberOutput{Body: memberOf(m)}, nil
}

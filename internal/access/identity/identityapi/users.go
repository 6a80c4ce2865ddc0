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
	Roles  []Grant          `json:"roles" doc:"The grants of the caller and of its groups that have not ended."`
	Limits *TokenLimits     `json:"limits,omitempty" doc:"What the token narrows; missing where it narrows nothing."`
}

type meOutput struct{ Body Me }

func (a API) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	roles, err := a.Service.Mine(ctx)
	if err != nil {
		return nil, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	me := Me{ID: actor.ID, Name: actor.Name, Kind: actor.Kind, Tenant: actor.Tenant, Roles: []Grant{}, Limits: limitsOf(actor.Limits)}
	for _, g := range roles {
		me.Roles = append(me.Roles, grantOf(g))
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

type resetPasswordInput struct {
	User string `path:"user" maxLength:"64" doc:"The user's name."`
	Body struct {
		Password   string `json:"password" minLength:"12" maxLength:"256" doc:"The password from now on."`
		Theirs     bool   `json:"theirs,omitempty" doc:"Whether the user has chosen it. Else they choose another when they sign in."`
		KeepTokens bool   `json:"keepTokens,omitempty" doc:"Whether personal tokens of the user hold on."`
		Reason     string `json:"reason,omitempty" maxLength:"500" doc:"Why, for the audit log."`
	}
}

type resetPasswordOutput struct {
	Body struct {
		Tokens int `json:"tokens" doc:"How many of the user's tokens ended."`
	}
}

func (a API) resetPassword(ctx context.Context, in *resetPasswordInput) (*resetPasswordOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	out := &resetPasswordOutput{}
	out.Body.Tokens, err = a.Service.ResetPassword(ctx, scope, identity.PasswordReset{
		User: in.User, Password: in.Body.Password, Theirs: in.Body.Theirs, KeepTokens: in.Body.KeepTokens, Reason: in.Body.Reason,
	})
	return out, err
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
		Theirs   bool          `json:"theirs,omitempty" doc:"Whether the user has chosen the password. Else they choose another when they sign in."`
		Role     identity.Role `json:"role,omitempty" doc:"The role in the whole tenant; none unless given."`
	}
}

type userOutput struct{ Body User }

func (a API) createUser(ctx context.Context, in *createUserInput) (*userOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	u, err := a.Service.CreateUser(ctx, scope, identity.NewUser{Name: in.Body.Name, Password: in.Body.Password, Role: in.Body.Role, Given: !in.Body.Theirs})
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

func (a API) deleteUser(ctx context.Context, in *struct {
	User       string `path:"user" maxLength:"64" doc:"The user's name."`
	AccountsTo string `query:"accountsTo" maxLength:"64" doc:"Who answers for the user's service accounts from now on; needed where there are some."`
	Reason     string `query:"reason" maxLength:"500" doc:"Why, for the audit log."`
},
) (*struct{}, error) {
	return done(ctx, func(scope kernel.Scope) error {
		return a.Service.DeleteUser(ctx, scope, identity.UserDeletion{User: in.User, AccountsTo: in.AccountsTo, Reason: in.Reason})
	})
}

package identityapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerServices(api huma.API) {
	httpserver.Register(api, operation("list-service-accounts", http.MethodGet, "/service-accounts", "List service accounts"), a.services)
	httpserver.Register(api, operation("create-service-account", http.MethodPost, "/service-accounts", "Add a service account"), a.createService)
	httpserver.Register(api, operation("set-service-account-disabled", http.MethodPut, "/service-accounts/{account}/disabled", "Keep a service account out, or let it in again"), a.setServiceDisabled)
	httpserver.Register(api, operation("delete-service-account", http.MethodDelete, "/service-accounts/{account}", "Remove a service account with its tokens and grants"), a.deleteService)
}

// ServiceAccount is a program with an account of its own.
type ServiceAccount struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Project    string     `json:"project,omitempty" doc:"Whose it is; none is the tenant."`
	Owner      string     `json:"owner" doc:"The user who answers for it."`
	About      string     `json:"about,omitempty"`
	CreatedAt  time.Time  `json:"createdAt"`
	DisabledAt *time.Time `json:"disabledAt,omitempty" doc:"Since when it is kept out; missing for one that is not."`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty" doc:"Right to the minute; missing before the first use."`
}

func serviceOf(s identity.ServiceAccount) ServiceAccount {
	return ServiceAccount{
		ID: s.ID, Name: s.Name, Project: s.Project, Owner: s.Owner, About: s.About, CreatedAt: s.CreatedAt,
		DisabledAt: timeOrNone(s.DisabledAt), LastUsedAt: timeOrNone(s.LastUsedAt),
	}
}

func (a API) services(ctx context.Context, in *struct {
	Project string `query:"project" maxLength:"63" doc:"Those of this project; all of the tenant unless given."`
	httpserver.PageParams
},
) (*answer[kernel.Page[ServiceAccount]], error) {
	return answered(ctx, in.Project, pages(serviceOf), func(scope kernel.Scope) (kernel.Page[identity.ServiceAccount], error) {
		return a.Service.ServiceAccounts(ctx, scope, in.Page())
	})
}

func (a API) createService(ctx context.Context, in *struct {
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"64"`
		Project string `json:"project,omitempty" maxLength:"63" doc:"Whose it is; the tenant's unless given."`
		Owner   string `json:"owner,omitempty" maxLength:"64" doc:"The user who answers for it; the caller unless given."`
		About   string `json:"about,omitempty" maxLength:"256" doc:"What it is for."`
	}
},
) (*answer[ServiceAccount], error) {
	return answered(ctx, in.Body.Project, serviceOf, func(scope kernel.Scope) (identity.ServiceAccount, error) {
		return a.Service.CreateServiceAccount(ctx, scope, identity.NewServiceAccount{Name: in.Body.Name, Owner: in.Body.Owner, About: in.Body.About})
	})
}

func (a API) setServiceDisabled(ctx context.Context, in *struct {
	Account string `path:"account" maxLength:"64" doc:"The service account's name."`
	Body    struct {
		Disabled bool `json:"disabled" doc:"Whether it is kept out: its tokens are refused from now on."`
	}
},
) (*answer[ServiceAccount], error) {
	return answered(ctx, "", serviceOf, func(scope kernel.Scope) (identity.ServiceAccount, error) {
		return a.Service.DisableServiceAccount(ctx, scope, in.Account, in.Body.Disabled)
	})
}

func (a API) deleteService(ctx context.Context, in *struct {
	Account string `path:"account" maxLength:"64" doc:"The service account's name."`
},
) (*struct{}, error) {
	return done(ctx, func(scope kernel.Scope) error { return a.Service.DeleteServiceAccount(ctx, scope, in.Account) })
}

package tenantapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerTenants(api huma.API) {
	httpserver.Enum(api, "How a tenant stands.", tenant.Active, tenant.Suspended, tenant.Leaving, tenant.Gone)
	about := func(id, method, path, summary string) huma.Operation {
		o := operation(id, method, path, summary)
		o.Tags = []string{"tenants"}
		return o
	}
	httpserver.Register(api, about("list-tenants", http.MethodGet, "/tenants", "List the tenants"), a.tenants)
	create := about("create-tenant", http.MethodPost, "/tenants", "Add a tenant with its first admin")
	create.DefaultStatus = http.StatusCreated
	httpserver.Register(api, create, a.createTenant)
	httpserver.Register(api, about("get-tenant", http.MethodGet, "/tenants/{tenant}", "Show a tenant"), a.tenant)
	httpserver.Register(api, about("rename-tenant", http.MethodPut, "/tenants/{tenant}/display", "Set how people call a tenant"), a.rename)
	httpserver.Register(api, about("suspend-tenant", http.MethodPost, "/tenants/{tenant}/suspension", "Close a tenant: nobody signs in, and its runs wait"), a.suspend)
	httpserver.Register(api, about("resume-tenant", http.MethodPost, "/tenants/{tenant}/resumption", "Open a tenant that was suspended"), a.resume)
}

// Tenant is an organisation, whose people, projects and keys are its own.
type Tenant struct {
	Name      string       `json:"name"`
	Display   string       `json:"display,omitempty" doc:"How people call it."`
	State     tenant.State `json:"state"`
	Reason    string       `json:"reason,omitempty" doc:"Why it stands as it does."`
	By        string       `json:"by,omitempty" doc:"Who said so."`
	Since     *time.Time   `json:"since,omitempty"`
	CreatedBy string       `json:"createdBy,omitempty"`
	CreatedAt time.Time    `json:"createdAt"`
}

// TenantOf is a tenant as the API has it.
func TenantOf(t tenant.Tenant) Tenant {
	out := Tenant{Name: t.Name, Display: t.Display, State: t.State, Reason: t.Reason, By: t.By, CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt}
	if !t.Since.IsZero() {
		out.Since = &t.Since
	}
	return out
}

type tenantOutput struct{ Body Tenant }

type tenantsOutput struct{ Body kernel.Page[Tenant] }

type tenantsInput struct {
	httpserver.PageParams

	State []tenant.State `query:"state,explode" maxItems:"4" doc:"Those that stand so; all unless given."`
}

func (a API) tenants(ctx context.Context, in *tenantsInput) (*tenantsOutput, error) {
	page, err := a.Service.Tenants(ctx, in.State, in.Page())
	if err != nil {
		return nil, err
	}
	out := &tenantsOutput{Body: kernel.Page[Tenant]{Items: []Tenant{}, Next: page.Next}}
	for _, t := range page.Items {
		out.Body.Items = append(out.Body.Items, TenantOf(t))
	}
	return out, nil
}

// CreatedTenant is a new tenant, with how its first admin signs in.
type CreatedTenant struct {
	Tenant

	Admin    string `json:"admin" doc:"The name of its first admin."`
	Password string `json:"password" doc:"The admin's password. It is told once; they change it."`
}

type createTenantInput struct {
	Body struct {
		Name       string `json:"name" doc:"A DNS label of at most 40 characters."`
		Display    string `json:"display,omitempty" maxLength:"200" doc:"How people call it."`
		Admin      string `json:"admin,omitempty" maxLength:"63" doc:"The name of its first admin; admin unless given."`
		Project    string `json:"project,omitempty" doc:"The name of its first project; none unless given."`
		CostCenter string `json:"costcenter,omitempty" doc:"Who pays for the project."`
		Owner      string `json:"owner,omitempty" doc:"Who answers for the project."`
	}
}

type createdTenantOutput struct{ Body CreatedTenant }

func (a API) createTenant(ctx context.Context, in *createTenantInput) (*createdTenantOutput, error) {
	if in.Body.Admin == "" {
		in.Body.Admin = "admin"
	}
	t, password, err := a.Service.CreateTenant(ctx, tenant.NewTenant{
		Name: in.Body.Name, Display: in.Body.Display, Admin: in.Body.Admin, Project: in.Body.Project, CostCenter: in.Body.CostCenter, Owner: in.Body.Owner,
	})
	if err != nil {
		return nil, err
	}
	return &createdTenantOutput{Body: CreatedTenant{Tenant: TenantOf(t), Admin: in.Body.Admin, Password: password}}, nil
}

// TenantPath is the path of a tenant.
type TenantPath struct {
	Tenant string `path:"tenant" maxLength:"63" doc:"The tenant's name."`
}

func (a API) tenant(ctx context.Context, in *TenantPath) (*tenantOutput, error) {
	t, err := a.Service.Tenant(ctx, in.Tenant)
	return &tenantOutput{Body: TenantOf(t)}, err
}

type renameInput struct {
	TenantPath

	Body struct {
		Display string `json:"display" maxLength:"200" doc:"How people call it; its name where this is empty."`
	}
}

func (a API) rename(ctx context.Context, in *renameInput) (*tenantOutput, error) {
	t, err := a.Service.Rename(ctx, in.Tenant, in.Body.Display)
	return &tenantOutput{Body: TenantOf(t)}, err
}

// TenantReason is why a tenant is closed or opened.
type TenantReason struct {
	Reason string `json:"reason" maxLength:"1000" doc:"Why; it is kept in the audit log, and told to those who are kept out."`
}

type turnInput struct {
	TenantPath

	Body TenantReason
}

func (a API) suspend(ctx context.Context, in *turnInput) (*tenantOutput, error) {
	t, err := a.Service.Suspend(ctx, in.Tenant, in.Body.Reason)
	return &tenantOutput{Body: TenantOf(t)}, err
}

func (a API) resume(ctx context.Context, in *turnInput) (*tenantOutput, error) {
	t, err := a.Service.Resume(ctx, in.Tenant, in.Body.Reason)
	return &tenantOutput{Body: TenantOf(t)}, err
}

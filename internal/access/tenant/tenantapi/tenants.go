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
	httpserver.Enum(api, "A step of leaving: its time runs, what it has is put into an archive, its keys are destroyed, all else is removed, and it is over.",
		tenant.StepWait, tenant.StepExport, tenant.StepShred, tenant.StepRemove, tenant.StepDone)
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
	httpserver.Register(api, about("set-tenant-recipients", http.MethodPut, "/tenants/{tenant}/recipients", "Name for whom the archive of a tenant is encrypted when it leaves"), a.setRecipients)
	httpserver.Register(api, about("suspend-tenant", http.MethodPost, "/tenants/{tenant}/suspension", "Close a tenant: nobody signs in, and its runs wait"), a.suspend)
	httpserver.Register(api, about("resume-tenant", http.MethodPost, "/tenants/{tenant}/resumption", "Open a tenant that was suspended"), a.resume)
	httpserver.Register(api, about("offboard-tenant", http.MethodPost, "/tenants/{tenant}/departure", "Close a tenant for good, and remove all that there is of it when its time is over"), a.leave)
	httpserver.Register(api, about("keep-tenant", http.MethodDelete, "/tenants/{tenant}/departure", "Call off that a tenant leaves; it is suspended then"), a.stay)
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
	// Recipients is missing where its admins have named none.
	Recipients *tenant.Recipients `json:"recipients,omitempty" doc:"For whom its archive is encrypted when it leaves."`
	// Departure is missing for one that stays.
	Departure *tenant.Departure `json:"departure,omitempty" doc:"How far its leaving is."`
}

// TenantOf is a tenant as the API has it.
func TenantOf(t tenant.Tenant) Tenant {
	out := Tenant{Name: t.Name, Display: t.Display, State: t.State, Reason: t.Reason, By: t.By, CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt, Recipients: t.Recipients, Departure: t.Departure}
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
	Password string `json:"password" doc:"The admin's password. It is told once, and they choose another when they sign in."`
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

type recipientsInput struct {
	TenantPath

	Body struct {
		Keys    []string `json:"keys" maxItems:"20" doc:"Public keys of age, beginning with age1; none takes back those that were named."`
		Without []string `json:"without,omitempty" enum:"artifacts,logs" maxItems:"2" doc:"What is left out of the archive: the artifacts of workloads with the archives of modules, and the logs of runs."`
	}
}

func (a API) setRecipients(ctx context.Context, in *recipientsInput) (*tenantOutput, error) {
	t, err := a.Service.SetRecipients(ctx, in.Tenant, in.Body.Keys, in.Body.Without)
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

type leaveInput struct {
	TenantPath

	Body struct {
		Confirm       string `json:"confirm" maxLength:"63" doc:"The name of the tenant once more."`
		Reason        string `json:"reason" maxLength:"1000" doc:"Why; it is kept in the audit log, and told to those who are kept out."`
		KeepHours     int    `json:"keepHours" minimum:"0" maximum:"8784" doc:"For how many hours its data are kept."`
		Abandon       bool   `json:"abandon,omitempty" doc:"Leave what is deployed on other targets than the local one where it is."`
		WithoutExport bool   `json:"withoutExport,omitempty" doc:"Make no archive: all that it has is lost. It is refused where its admins have named recipients, for whom there is one."`
	}
}

func (a API) leave(ctx context.Context, in *leaveInput) (*tenantOutput, error) {
	t, err := a.Service.Leave(ctx, in.Tenant, tenant.NewDeparture{
		Confirm: in.Body.Confirm, Reason: in.Body.Reason, Grace: time.Duration(in.Body.KeepHours) * time.Hour, Abandon: in.Body.Abandon, WithoutExport: in.Body.WithoutExport,
	})
	return &tenantOutput{Body: TenantOf(t)}, err
}

type stayInput struct {
	TenantPath

	Reason string `query:"reason" maxLength:"1000" doc:"Why; it is kept in the audit log."`
}

func (a API) stay(ctx context.Context, in *stayInput) (*tenantOutput, error) {
	t, err := a.Service.Stay(ctx, in.Tenant, in.Reason)
	return &tenantOutput{Body: TenantOf(t)}, err
}

// Package domainapi serves domains and their certificates over HTTP.
//
// It owns paths and wire types. It decides nothing; gateway/domain does.
package domainapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Authority has the roots that certify hosts of domains without a certificate of their own.
type Authority interface {
	// RootOf returns that of a domain, as PEM.
	RootOf(domain string) (string, error)
}

// API serves domains.
type API struct {
	Domains   *domain.Service
	Authority Authority
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Where a domain is in its life.", domain.States()...)
	httpserver.Enum(api, "How a domain was proven.", domain.Methods()...)
	httpserver.Register(api, operation("list-gateway-domains", http.MethodGet, "", "List the domains of the tenant that are seen"), a.list)
	add := operation("add-gateway-domain", http.MethodPost, "", "Claim a domain; routes may use it once it is proven")
	add.DefaultStatus = http.StatusCreated
	httpserver.Register(api, add, a.add)
	httpserver.Register(api, operation("get-gateway-domain", http.MethodGet, "/{domain}", "Show a domain, what proves it, and the authority of its hosts"), a.get)
	httpserver.Register(api, operation("verify-gateway-domain", http.MethodPost, "/{domain}/verify", "Look for the record that proves a domain"), a.verify)
	httpserver.Register(api, operation("approve-gateway-domain", http.MethodPost, "/{domain}/approve", "Have a domain proven on the word of an operator of the platform"), a.approve)
	httpserver.Register(api, operation("revoke-gateway-domain", http.MethodPost, "/{domain}/revoke", "Take back the proof of a domain, as an operator of the platform; its hosts are served no more"), a.revoke)
	httpserver.Register(api, operation("remove-gateway-domain", http.MethodDelete, "/{domain}", "Give up a domain that no route uses"), a.remove)
	httpserver.Register(api, operation("set-gateway-domain-certificate", http.MethodPut, "/{domain}/certificate", "Have the gateway show a certificate on the hosts of a domain"), a.setCertificate)
	httpserver.Register(api, operation("remove-gateway-domain-certificate", http.MethodDelete, "/{domain}/certificate", "Have Terrace's own authority certify the hosts of a domain again"), a.removeCertificate)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/gateway/domains" + path, Summary: summary, Tags: []string{"domains"}}
}

func tenantOf(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx) // the API requires one
	return actor.Tenant
}

// GatewayDomain is a domain of a tenant.
type GatewayDomain struct {
	Project string `json:"project,omitempty" doc:"The project that it is bound to; every one where it is empty."`
	Stage   string `json:"stage,omitempty" doc:"The stage that it is bound to; every one where it is empty."`
	domain.Domain

	Wider    string   `json:"wider,omitempty" doc:"The domain above it whose certificate its hosts have that it is for, where it has none itself."`
	Warnings []string `json:"warnings,omitempty" doc:"What is to be seen to, such as a certificate that ends soon."`
}

func (a API) domainOf(d domain.Domain) GatewayDomain {
	return GatewayDomain{Project: d.Scope.Project, Stage: d.Scope.Stage, Domain: d, Wider: a.Domains.Wider(d), Warnings: a.Domains.Warnings(d)}
}

// GatewayDomainShown is a domain with the authority of its hosts.
type GatewayDomainShown struct {
	GatewayDomain

	Hosts     []string `json:"hosts,omitempty" doc:"The hosts of routes that have its certificate or, where none is for them, its authority; the first 100."`
	Authority string   `json:"authority,omitempty" doc:"The root, as PEM, that certifies the hosts that no certificate of the tenant's is for, once the domain is proven."`
}

type listInput struct{ httpserver.PageParams }

type listOutput struct{ Body kernel.Page[GatewayDomain] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Domains.Domains(ctx, tenantOf(ctx), in.Page())
	out := kernel.Page[GatewayDomain]{Items: []GatewayDomain{}, Next: page.Next}
	for _, d := range page.Items {
		out.Items = append(out.Items, a.domainOf(d))
	}
	return &listOutput{Body: out}, err
}

type addInput struct {
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"253" doc:"The domain, such as example.com or api.example.com."`
		Project string `json:"project,omitempty" maxLength:"63" doc:"For routes of this project alone; of every one unless given."`
		Stage   string `json:"stage,omitempty" maxLength:"63" doc:"For routes of this stage alone; of every one unless given."`
	}
}

type domainOutput struct{ Body GatewayDomain }

func (a API) add(ctx context.Context, in *addInput) (*domainOutput, error) {
	d, err := a.Domains.Add(ctx, kernel.Scope{Tenant: tenantOf(ctx), Project: in.Body.Project, Stage: in.Body.Stage}, in.Body.Name)
	return &domainOutput{Body: a.domainOf(d)}, err
}

// Path names a domain.
type Path struct {
	Domain string `path:"domain" maxLength:"253" doc:"The domain's name."`
}

type shownOutput struct{ Body GatewayDomainShown }

func (a API) get(ctx context.Context, in *Path) (*shownOutput, error) {
	d, err := a.Domains.Domain(ctx, tenantOf(ctx), in.Domain)
	out := &shownOutput{Body: GatewayDomainShown{GatewayDomain: a.domainOf(d)}}
	if err == nil {
		out.Body.Hosts, err = a.Domains.Hosts(ctx, d)
	}
	if err == nil && d.State == domain.Verified {
		out.Body.Authority, err = a.Authority.RootOf(d.Name)
	}
	return out, err
}

func (a API) verify(ctx context.Context, in *Path) (*domainOutput, error) {
	d, err := a.Domains.Verify(ctx, tenantOf(ctx), in.Domain)
	return &domainOutput{Body: a.domainOf(d)}, err
}

type approveInput struct {
	Path
	Body struct {
		Tenant string `json:"tenant,omitempty" maxLength:"63" doc:"The tenant that claims it; the caller's own unless given."`
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"How it is known that the domain is the tenant's; it is in the audit log."`
	}
}

func (a API) approve(ctx context.Context, in *approveInput) (*domainOutput, error) {
	d, err := a.Domains.Approve(ctx, cmp.Or(in.Body.Tenant, tenantOf(ctx)), in.Domain, in.Body.Reason)
	return &domainOutput{Body: a.domainOf(d)}, err
}

type revokeInput struct {
	Path
	Body struct {
		Tenant string `json:"tenant,omitempty" maxLength:"63" doc:"The tenant that has it; the caller's own unless given."`
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why the domain is the tenant's no more; the tenant reads it, and it is in the audit log."`
	}
}

func (a API) revoke(ctx context.Context, in *revokeInput) (*domainOutput, error) {
	d, err := a.Domains.Revoke(ctx, cmp.Or(in.Body.Tenant, tenantOf(ctx)), in.Domain, in.Body.Reason)
	return &domainOutput{Body: a.domainOf(d)}, err
}

func (a API) remove(ctx context.Context, in *Path) (*struct{}, error) {
	return nil, a.Domains.Remove(ctx, tenantOf(ctx), in.Domain)
}

type certificateInput struct {
	Path
	Body struct {
		Certificate string `json:"certificate" maxLength:"65536" doc:"PEM: the certificate of the host first, then those of the authorities, each followed by the one that signed it."`
		Key         string `json:"key" maxLength:"65536" doc:"PEM: the private key of the first certificate. It is kept sealed, and never told."`
	}
}

func (a API) setCertificate(ctx context.Context, in *certificateInput) (*domainOutput, error) {
	d, err := a.Domains.SetCertificate(ctx, tenantOf(ctx), in.Domain, in.Body.Certificate, in.Body.Key)
	return &domainOutput{Body: a.domainOf(d)}, err
}

func (a API) removeCertificate(ctx context.Context, in *Path) (*struct{}, error) {
	return nil, a.Domains.RemoveCertificate(ctx, tenantOf(ctx), in.Domain)
}

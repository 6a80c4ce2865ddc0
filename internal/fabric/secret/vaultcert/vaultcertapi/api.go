// Package vaultcertapi serves the certificates of stages in key vaults over HTTP.
//
// It owns paths and wire types. It decides nothing, and never answers with a key.
package vaultcertapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a vaultcert.Service.
type API struct{ Certificates *vaultcert.Service }

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "How a certificate comes into a key vault, or out of it.", vaultcert.Ways()...)
	httpserver.Enum(api, "How far a certificate of a key vault is.", vaultcert.States()...)
	httpserver.Register(api, operation("list-vault-certificates", http.MethodGet, "", "List the certificates that are kept in a stage's key vault, or taken from it, and how far each is"), a.list)
	httpserver.Register(api, operation("set-vault-certificate", http.MethodPut, "/{name}", "Keep a certificate in a stage's key vault, or take one from it, from now on"), a.set)
	httpserver.Register(api, operation("delete-vault-certificate", http.MethodDelete, "/{name}", "Keep a certificate in a key vault no more; both sides keep what they have"), a.remove)
	httpserver.Register(api, operation("run-vault-certificate", http.MethodPost, "/{name}/rounds", "Compare a certificate with the one in the key vault at once"), a.now)
}

func operation(id, method, path, summary string) huma.Operation {
	o := huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/vault-certificates" + path, Summary: summary, Tags: []string{"certificates"}}
	if method == http.MethodPost {
		o.DefaultStatus = http.StatusOK
	}
	return o
}

// Place is a stage of a project.
type Place struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Stage   string `query:"stage" required:"true" minLength:"1" maxLength:"63" doc:"The stage's name."`
}

func (p Place) scope(ctx context.Context) (kernel.Scope, error) {
	scope, err := httpserver.Scope(ctx, p.Project)
	return scope.InStage(p.Stage), err
}

// VaultCertificate is a certificate of a key vault as it is shown.
type VaultCertificate struct {
	Name        string          `json:"name" doc:"The one that it has in the vault."`
	Stage       string          `json:"stage"`
	Vault       string          `json:"vault" doc:"The vault's address."`
	Way         vaultcert.Way   `json:"way"`
	Hosts       []string        `json:"hosts,omitempty" doc:"What it is for, of one that is issued."`
	Life        string          `json:"life,omitempty" doc:"How long each is valid, of one that is issued, as Go writes durations."`
	Domain      string          `json:"domain,omitempty" doc:"Whose certificate it is, of one that is not."`
	State       vaultcert.State `json:"state"`
	Reason      string          `json:"reason,omitempty"`
	Fix         string          `json:"fix,omitempty"`
	Version     string          `json:"version,omitempty" doc:"The vault's id of the version that both sides have."`
	Serial      string          `json:"serial,omitempty" doc:"In hex; the id in the inventory of one that is issued."`
	Fingerprint string          `json:"fingerprint,omitempty" doc:"SHA-256, in hex; the id in the inventory of one that is not issued."`
	NotAfter    *time.Time      `json:"notAfter,omitempty"`
	RenewAt     *time.Time      `json:"renewAt,omitempty" doc:"When it is replaced, of one that is issued."`
	CheckedAt   *time.Time      `json:"checkedAt,omitempty" doc:"When both sides were last compared."`
	TriedAt     *time.Time      `json:"triedAt,omitempty" doc:"When it was last worked on, whatever came of it."`
	NextAt      *time.Time      `json:"nextAt,omitempty" doc:"When they are compared next."`
	SetBy       string          `json:"setBy"`
	SetAt       time.Time       `json:"setAt"`
}

func shown(c vaultcert.Certificate) VaultCertificate {
	out := VaultCertificate{
		Name: c.Name, Stage: c.Scope.Stage, Vault: c.Vault, Way: c.Way, Hosts: c.Hosts, Domain: c.Domain, State: c.State, Reason: c.Reason, Fix: c.Fix,
		Version: c.Version, Serial: c.Serial, Fingerprint: c.Fingerprint, NotAfter: moment(c.NotAfter), RenewAt: moment(c.RenewAt), CheckedAt: moment(c.Checked),
		TriedAt: moment(c.Tried), NextAt: moment(c.Due), SetBy: c.SetBy, SetAt: c.SetAt,
	}
	if c.Life > 0 {
		out.Life = c.Life.String()
	}
	return out
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type certificateOutput struct{ Body VaultCertificate }

type listInput struct {
	httpserver.PageParams
	Place
}

type listOutput struct {
	Body kernel.Page[VaultCertificate]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.Certificates.List(ctx, scope, in.Page())
	out := kernel.Page[VaultCertificate]{Next: page.Next, Items: make([]VaultCertificate, 0, len(page.Items))}
	for _, c := range page.Items {
		out.Items = append(out.Items, shown(c))
	}
	return &listOutput{Body: out}, err
}

type setInput struct {
	Place

	Name string `path:"name" maxLength:"127" doc:"The one that the certificate has in the vault: letters, digits and hyphens."`
	Body struct {
		Way    vaultcert.Way `json:"way" doc:"issue, copy or follow."`
		Hosts  []string      `json:"hosts,omitempty" maxItems:"100" doc:"What a certificate that is issued is for."`
		Life   string        `json:"life,omitempty" maxLength:"20" doc:"How long each is valid, as Go writes durations: 1h to 2160h, 720h unless given; Terrace replaces it at two thirds."`
		Domain string        `json:"domain,omitempty" maxLength:"253" doc:"The domain whose own certificate is copied, or that is given the vault's."`
	}
}

func (a API) set(ctx context.Context, in *setInput) (*certificateOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var life time.Duration
	if b.Life != "" {
		if life, err = time.ParseDuration(b.Life); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "life: %q is no duration", b.Life).WithFix("write it like 720h")
		}
	}
	c, err := a.Certificates.Set(ctx, scope, in.Name, vaultcert.Settings{Way: b.Way, Hosts: b.Hosts, Life: life, Domain: b.Domain})
	return &certificateOutput{Body: shown(c)}, err
}

type oneInput struct {
	Place

	Name string `path:"name" maxLength:"127" doc:"The one that the certificate has in the vault."`
}

func (a API) remove(ctx context.Context, in *oneInput) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Certificates.Remove(ctx, scope, in.Name)
}

func (a API) now(ctx context.Context, in *oneInput) (*certificateOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	c, err := a.Certificates.Now(ctx, scope, in.Name)
	return &certificateOutput{Body: shown(c)}, err
}

// Package vaultsyncapi serves syncs with key vaults over HTTP.
//
// It owns paths and wire types. It decides nothing, and never answers with a value.
package vaultsyncapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a vaultsync.Service.
type API struct {
	Syncs *vaultsync.Service
	// Issuer signs the tokens with which Terrace signs in to Azure.
	Issuer string
	// Subject is whom they name for a stage.
	Subject func(scope kernel.Scope) string
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, operation("get-secret-sync", http.MethodGet, "", "Show the key vault that a stage's secrets are kept in, and how far that is"), a.get)
	httpserver.Register(api, operation("set-secret-sync", http.MethodPut, "", "Keep a stage's secrets in a key vault, or take them from it"), a.set)
	httpserver.Register(api, operation("delete-secret-sync", http.MethodDelete, "", "End the sync of a stage with its key vault; both keep what they have"), a.remove)
	httpserver.Register(api, operation("list-secret-sync-secrets", http.MethodGet, "/secrets", "List how far each secret of a sync is, without values"), a.list)
	httpserver.Register(api, operation("run-secret-sync", http.MethodPost, "/rounds", "Compare a stage and its key vault at once"), a.now)
	httpserver.Register(api, operation("adopt-secret-sync-secret", http.MethodPost, "/secrets/{name}/adoption",
		"Decide for the side that counts, for a secret that is in conflict or has drifted"), a.adopt)
}

func operation(id, method, path, summary string) huma.Operation {
	o := huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/secret-sync" + path, Summary: summary, Tags: []string{"secrets"}}
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

// SecretSync is a sync as it is shown.
type SecretSync struct {
	vaultsync.Sync

	Stage string `json:"stage"`
	Every string `json:"every" doc:"How often both sides are compared, as Go writes durations."`
	// Issuer, Subject are what the identity in Azure has to trust.
	Issuer  string `json:"issuer" doc:"Who signs the tokens with which Terrace signs in to Azure."`
	Subject string `json:"subject" doc:"Whom these tokens name; the identity needs a federated credential with it."`
	// Secrets counts them by their states.
	Secrets map[vaultsync.State]int `json:"secrets" doc:"How many secrets are in which state."`
}

type syncOutput struct{ Body SecretSync }

func (a API) shown(y vaultsync.Sync, counts map[vaultsync.State]int) *syncOutput {
	if counts == nil {
		counts = map[vaultsync.State]int{}
	}
	return &syncOutput{Body: SecretSync{Sync: y, Stage: y.Scope.Stage, Every: y.Every.String(), Issuer: a.Issuer, Subject: a.Subject(y.Scope), Secrets: counts}}
}

type placeInput struct{ Place }

func (a API) get(ctx context.Context, in *placeInput) (*syncOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	y, counts, err := a.Syncs.Get(ctx, scope)
	return a.shown(y, counts), err
}

type setInput struct {
	Place

	Body struct {
		Vault       string              `json:"vault,omitempty" maxLength:"200" doc:"The vault's address; that of the stage's landing zone unless given." example:"https://contoso-dev.vault.azure.net"`
		Direction   vaultsync.Direction `json:"direction,omitempty" maxLength:"10" doc:"push (Terrace's values count, unless given) or pull (the vault's count)."`
		OnDrift     vaultsync.OnDrift   `json:"onDrift,omitempty" maxLength:"10" doc:"What becomes of what others change in the vault: write (Terrace's again, unless given) or report."`
		AzureTenant string              `json:"azureTenant,omitempty" maxLength:"36" doc:"The directory that the identity is in; that of the stage's own identities unless given."`
		Client      string              `json:"client" maxLength:"36" doc:"The client id of an identity that is Key Vault Secrets Officer in the vault."`
		Every       string              `json:"every,omitempty" maxLength:"20" doc:"How often both sides are compared, as Go writes durations; 5m unless given."`
	}
}

func (a API) set(ctx context.Context, in *setInput) (*syncOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var every time.Duration
	if b.Every != "" {
		if every, err = time.ParseDuration(b.Every); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "every: %q is no duration", b.Every).WithFix("write it like 5m or 1h")
		}
	}
	y, err := a.Syncs.Set(ctx, scope, vaultsync.Settings{
		Vault: b.Vault, Direction: b.Direction, OnDrift: b.OnDrift, AzureTenant: b.AzureTenant, Client: b.Client, Every: every,
	})
	return a.shown(y, nil), err
}

func (a API) remove(ctx context.Context, in *placeInput) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Syncs.Remove(ctx, scope)
}

func (a API) now(ctx context.Context, in *placeInput) (*syncOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	y, err := a.Syncs.Now(ctx, scope)
	return a.shown(y, nil), err
}

// SyncedSecret is how far a secret is.
type SyncedSecret struct {
	vaultsync.Item

	Name  string          `json:"name"`
	State vaultsync.State `json:"state" doc:"in-step, waiting, failed, drifted or conflict."`
}

type listInput struct {
	httpserver.PageParams
	Place

	State vaultsync.State `query:"state" maxLength:"20" doc:"Those in one state; all unless given."`
}

type listOutput struct{ Body kernel.Page[SyncedSecret] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.Syncs.List(ctx, scope, in.State, in.Page())
	out := kernel.Page[SyncedSecret]{Next: page.Next, Items: make([]SyncedSecret, 0, len(page.Items))}
	for _, i := range page.Items {
		out.Items = append(out.Items, SyncedSecret{Item: i, Name: i.Name, State: i.State})
	}
	return &listOutput{Body: out}, err
}

type adoptInput struct {
	Place

	Name string `path:"name" maxLength:"253" doc:"The secret's name."`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit log."`
	}
}

func (a API) adopt(ctx context.Context, in *adoptInput) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	name := in.Name
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain // one with slashes comes with escapes
	}
	return nil, a.Syncs.Adopt(ctx, scope, name, in.Body.Reason)
}

// Package acmeapi serves the keys that bind ACME accounts to scopes over HTTP.
//
// It owns paths and wire types. It decides nothing; acme does. The protocol itself is
// acmewire's.
package acmeapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves keys.
type API struct {
	ACME *acme.Service
	// Directory is the address that clients of ACME are given.
	Directory string
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, operation("list-acme-keys", http.MethodGet, "", "List the keys of ACME accounts that are seen, without their secrets"), a.list)
	create := operation("create-acme-key", http.MethodPost, "", "Make a key that binds ACME accounts to a scope; its secret is shown this once")
	create.DefaultStatus = http.StatusCreated
	httpserver.Register(api, create, a.create)
	httpserver.Register(api, operation("revoke-acme-key", http.MethodDelete, "/{id}", "Revoke a key, and with it the ACME accounts that it binds"), a.revoke)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/acme/keys" + path, Summary: summary, Tags: []string{"certificates"}}
}

func tenantOf(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx) // the API requires one
	return actor.Tenant
}

// ACMEKey is a key that binds ACME accounts.
type ACMEKey struct {
	Project   string     `json:"project,omitempty" doc:"The project for whose names its accounts order; every one of the tenant's where it is empty."`
	Stage     string     `json:"stage,omitempty" doc:"The stage for whose names its accounts order; every one of the project's where it is empty."`
	ID        string     `json:"id" doc:"What clients call the key identifier."`
	Note      string     `json:"note,omitempty" doc:"What it is for."`
	CreatedAt time.Time  `json:"createdAt"`
	CreatedBy string     `json:"createdBy" doc:"The name of who has made it."`
	ExpiresAt *time.Time `json:"expiresAt,omitempty" doc:"Until when accounts can be made with it; for ever where it is not there."`
	RevokedAt *time.Time `json:"revokedAt,omitempty" doc:"When it was revoked."`
}

// CreatedACMEKey is a key with what clients are configured with.
type CreatedACMEKey struct {
	ACMEKey

	HMAC      string `json:"hmac" doc:"The secret, base64url; it is shown this once. Clients call it the HMAC key."`
	Directory string `json:"directory" doc:"The address of the ACME server."`
}

func keyOf(k acme.Key) ACMEKey {
	return ACMEKey{
		Project: k.Scope.Project, Stage: k.Scope.Stage, ID: k.ID, Note: k.Note, CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy,
		ExpiresAt: set(k.ExpiresAt), RevokedAt: set(k.RevokedAt),
	}
}

// set is nil for the zero time.
func set(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type listInput struct{ httpserver.PageParams }

type listOutput struct{ Body kernel.Page[ACMEKey] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.ACME.ListKeys(ctx, tenantOf(ctx), in.Page())
	out := kernel.Page[ACMEKey]{Items: []ACMEKey{}, Next: page.Next}
	for _, k := range page.Items {
		out.Items = append(out.Items, keyOf(k))
	}
	return &listOutput{Body: out}, err
}

type createInput struct {
	Body struct {
		Project   string `json:"project,omitempty" maxLength:"63" doc:"For names of this project alone; of every one of the tenant's unless given."`
		Stage     string `json:"stage,omitempty" maxLength:"63" doc:"For names of this stage alone; of every one of the project's unless given."`
		Note      string `json:"note,omitempty" maxLength:"200" doc:"What it is for."`
		LifeHours int    `json:"lifeHours,omitempty" minimum:"0" maximum:"87600" doc:"For how many hours accounts can be made with it; for ever unless given. Accounts that were made go on."`
	}
}

type createOutput struct{ Body CreatedACMEKey }

func (a API) create(ctx context.Context, in *createInput) (*createOutput, error) {
	scope := kernel.Scope{Tenant: tenantOf(ctx), Project: in.Body.Project, Stage: in.Body.Stage}
	k, secret, err := a.ACME.CreateKey(ctx, scope, in.Body.Note, time.Duration(in.Body.LifeHours)*time.Hour)
	return &createOutput{Body: CreatedACMEKey{ACMEKey: keyOf(k), HMAC: secret, Directory: a.Directory}}, err
}

// Path names a key.
type Path struct {
	ID string `path:"id" maxLength:"63" doc:"The key's id."`
}

func (a API) revoke(ctx context.Context, in *Path) (*struct{}, error) {
	return nil, a.ACME.RevokeKey(ctx, tenantOf(ctx), in.ID)
}

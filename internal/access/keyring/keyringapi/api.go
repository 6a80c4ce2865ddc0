// Package keyringapi serves where the keys stand, and takes orders to rotate and destroy
// them.
//
// It owns the wire types. No key is ever in them.
package keyringapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/keyring"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Keys *keyring.Service }

// Register adds the operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, operation("get-keys", http.MethodGet, "/keys", "Show the key-encryption keys, and what is still to move to the present ones"), a.status)
	httpserver.Register(api, operation("rotate-key", http.MethodPost, "/keys/rotation", "Give the tenant a new key-encryption key"), a.rotate)
	httpserver.Register(api, operation("rotate-root-key", http.MethodPost, "/keys/root/rotation", "Have another root key wrap the keys of all tenants"), a.rotateRoot)
	destroy := operation("destroy-keys", http.MethodPost, "/keys/destruction", "Make everything unreadable that is sealed for a tenant, for ever")
	destroy.DefaultStatus = http.StatusNoContent
	httpserver.Register(api, destroy, a.destroy)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"keys"}}
}

type statusOutput struct{ Body keyring.Status }

func (a API) status(ctx context.Context, in *struct{ httpserver.PageParams }) (*statusOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	s, err := a.Keys.Status(ctx, scope.Tenant, in.Page())
	return &statusOutput{Body: s}, err
}

// KeyRotation is why a key is rotated.
type KeyRotation struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why, for the audit log."`
}

type rotateInput struct{ Body KeyRotation }

type keyOutput struct{ Body keyring.Key }

func (a API) rotate(ctx context.Context, in *rotateInput) (*keyOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	k, err := a.Keys.Rotate(ctx, scope.Tenant, in.Body.Reason)
	return &keyOutput{Body: k}, err
}

type rootOutput struct {
	Body struct {
		Root string `json:"root" doc:"The root key that seals from now on."`
	}
}

func (a API) rotateRoot(ctx context.Context, in *rotateInput) (*rootOutput, error) {
	var out rootOutput
	var err error
	out.Body.Root, err = a.Keys.RotateRoot(ctx, in.Body.Reason)
	return &out, err
}

type destroyInput struct {
	Body struct {
		Tenant  string `json:"tenant" minLength:"1" maxLength:"63"`
		Confirm string `json:"confirm" maxLength:"63" doc:"The name of the tenant once more."`
		Reason  string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit log."`
	}
}

func (a API) destroy(ctx context.Context, in *destroyInput) (*struct{}, error) {
	if in.Body.Confirm != in.Body.Tenant {
		return nil, kernel.Errorf(kernel.Invalid, "the keys of a tenant are destroyed for ever").WithFix("say its name once more in confirm")
	}
	return nil, a.Keys.Destroy(ctx, in.Body.Tenant, in.Body.Reason)
}

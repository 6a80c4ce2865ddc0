// Package localapi serves the local target over HTTP: the planes API, which the
// Terraform provider calls with a run's token, and the operations by which
// people see services and their logs.
//
// It owns paths and wire types. It decides nothing; package local does.
package localapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// Prefix is where the planes API is.
const Prefix = "/planes/v1"

// Tokens verifies run tokens; tokens.Issuer implements it.
type Tokens interface {
	Verify(token string) (tokens.Run, error)
}

// API serves the local target.
type API struct {
	Service *local.Service
	Tokens  Tokens
}

// Mount mounts the planes API below Prefix. It verifies run tokens itself.
func (a API) Mount(r chi.Router) {
	r.Route(Prefix+"/{kind}/{name}", func(r chi.Router) {
		r.Get("/", a.as(a.get))
		r.Put("/", a.as(a.put))
		r.Delete("/", a.as(a.delete))
	})
	r.Get(Prefix+"/"+string(local.SecretsKind)+"/{name}/value", a.as(a.secretValue))
}

// object is one object as the planes API shows it.
type object struct {
	Kind     local.Kind      `json:"kind"`
	Name     string          `json:"name"`
	Spec     json.RawMessage `json:"spec"`
	Outputs  local.Outputs   `json:"outputs"`
	Revision int64           `json:"revision"`
	Owners   []string        `json:"owners"`
}

// call is one authenticated call of the planes API.
type call struct {
	caller local.Caller
	kind   local.Kind
	name   string
}

type handler func(w http.ResponseWriter, r *http.Request, c call) error

// as runs h as the run whose token the request carries.
func (a API) as(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		run, err := a.run(r)
		if err != nil {
			httpserver.WriteError(w, r, err)
			return
		}
		c := call{
			caller: local.Caller{
				Scope: run.Scope, Stack: run.Stack, Fence: run.Fence, Claim: r.URL.Query().Get("claim"), MayWrite: run.MayWrite(),
			},
			kind: local.Kind(chi.URLParam(r, "kind")), name: chi.URLParam(r, "name"),
		}
		if err := h(w, r.WithContext(run.In(r.Context())), c); err != nil {
			httpserver.WriteError(w, r, err)
		}
	}
}

func (a API) run(r *http.Request) (tokens.Run, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return tokens.Run{}, kernel.Errorf(kernel.Unauthenticated, "the planes API needs a run's token").
			WithFix("it is for Terraform within a run of Terrace; deploy with terrace deploy")
	}
	return a.Tokens.Verify(strings.TrimSpace(token))
}

func (a API) get(w http.ResponseWriter, r *http.Request, c call) error {
	o, err := a.Service.Get(r.Context(), c.caller, c.kind, c.name)
	if err != nil {
		return err
	}
	return reply(w, o, c.caller)
}

func (a API) put(w http.ResponseWriter, r *http.Request, c call) error {
	httpserver.AllowBody(r, local.MaxSpec)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		if _, ok := errors.AsType[*kernel.Error](err); ok {
			return err
		}
		return kernel.Errorf(kernel.Invalid, "the request could not be read: %w", err)
	}
	o, err := a.Service.Put(r.Context(), c.caller, c.kind, c.name, body)
	if err != nil {
		return err
	}
	return reply(w, o, c.caller)
}

func (a API) delete(w http.ResponseWriter, r *http.Request, c call) error {
	if err := a.Service.Delete(r.Context(), c.caller, c.kind, c.name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// secretValue answers the value of a secret, for the moment alone.
func (a API) secretValue(w http.ResponseWriter, r *http.Request, c call) error {
	value, err := a.Service.SecretValue(r.Context(), c.caller, c.name)
	if err != nil {
		return err
	}
	b, err := json.Marshal(map[string]any{"kind": local.SecretsKind, "name": c.name, "outputs": map[string]string{"value": value}})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b) // the caller may have left
	return nil
}

// reply shows the object with the tags that the calling resource has given it.
func reply(w http.ResponseWriter, o local.Object, c local.Caller) error {
	spec, err := withTags(o, c)
	if err != nil {
		return err
	}
	out := object{Kind: o.Kind, Name: o.Name, Spec: spec, Outputs: o.Outputs, Revision: o.Revision, Owners: []string{}}
	for _, owner := range o.Owners {
		out.Owners = append(out.Owners, owner.Stack)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encode %s: %w", o.Key, err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // the caller may have left
	return nil
}

// withTags returns the spec with the tags of the caller, or those of the first
// owner for a caller that is none.
func withTags(o local.Object, c local.Caller) (json.RawMessage, error) {
	owner, ok := o.Owner(c.Stack, c.Claim)
	if !ok && len(o.Owners) > 0 {
		owner = o.Owners[0]
	}
	if owner.Tags == nil {
		return o.Spec, nil
	}
	var spec map[string]json.RawMessage
	if err := json.Unmarshal(o.Spec, &spec); err != nil {
		return nil, fmt.Errorf("decode the spec of %s: %w", o.Key, err)
	}
	tags, err := json.Marshal(owner.Tags)
	if err != nil {
		return nil, err
	}
	spec["tags"] = tags
	return json.Marshal(spec)
}

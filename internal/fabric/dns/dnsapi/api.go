// Package dnsapi serves zones, their records, networks, keys, private endpoints and
// forwarders over HTTP.
//
// It owns paths and wire types. It decides nothing; dns does.
package dnsapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves DNS.
type API struct{ DNS *dns.Service }

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What becomes of names that a linked zone does not have.", dns.LinkPolicies()...)
	a.registerZones(api)
	a.registerRecords(api)
	a.registerNetworks(api)
	httpserver.Register(api, operation("list-dns-keys", http.MethodGet, "/keys", "List the keys that sign updates and transfers"), a.listKeys)
	httpserver.Register(api, created(operation("create-dns-key", http.MethodPost, "/keys", "Make a key for a zone; its secret is shown this once")), a.createKey)
	httpserver.Register(api, operation("delete-dns-key", http.MethodDelete, "/keys/{key}", "Remove a key"), a.deleteKey)
	httpserver.Register(api, operation("list-dns-endpoints", http.MethodGet, "/endpoints", "List the private endpoints"), a.listEndpoints)
	httpserver.Register(api, created(operation("create-dns-endpoint", http.MethodPost, "/endpoints", "Add a private endpoint with its record")), a.createEndpoint)
	httpserver.Register(api, operation("delete-dns-endpoint", http.MethodDelete, "/endpoints/{endpoint}", "Remove a private endpoint with its record"), a.deleteEndpoint)
	httpserver.Register(api, operation("explain-dns-name", http.MethodGet, "/why", "Explain how a name is resolved from a network"), a.why)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/dns" + path, Summary: summary, Tags: []string{"dns"}}
}

func created(o huma.Operation) huma.Operation {
	o.DefaultStatus = http.StatusCreated
	return o
}

func tenantOf(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx) // the API requires one
	return actor.Tenant
}

// list answers with what there is of a kind, as the wire has it.
func list[T, W any](ctx context.Context, a API, kind dns.Kind, tenant string, page kernel.PageRequest, wire func(T) W) (kernel.Page[W], error) {
	found, err := dns.Listed[T](ctx, a.DNS, kind, cmp.Or(tenant, tenantOf(ctx)), page)
	out := kernel.Page[W]{Items: []W{}, Next: found.Next}
	for _, v := range found.Items {
		out.Items = append(out.Items, wire(v))
	}
	return out, err
}

type listInput struct{ httpserver.PageParams }

// listOfInput lists what operators of the platform look after, of any tenant.
type listOfInput struct {
	httpserver.PageParams

	Tenant string `query:"tenant" maxLength:"63" doc:"The tenant; the caller's own unless given. Another one is for operators of the platform."`
}

// OfProject is where something belongs.
type OfProject struct {
	Project string `json:"project,omitempty" maxLength:"63" doc:"The project that it belongs to; the whole tenant where it is empty."`
}

type whyInput struct {
	Name string `query:"name" required:"true" minLength:"1" maxLength:"255" doc:"The name."`
	Type string `query:"type" maxLength:"10" doc:"The type of record; A unless given."`
	From string `query:"from" maxLength:"63" doc:"A network's name, or the address of a client; nobody's network unless given."`
}

type whyOutput struct{ Body dns.Why }

func (a API) why(ctx context.Context, in *whyInput) (*whyOutput, error) {
	w, err := a.DNS.Why(ctx, tenantOf(ctx), in.Name, in.Type, in.From)
	return &whyOutput{Body: w}, err
}

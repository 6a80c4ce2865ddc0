package gatewayapi

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// VersionPath names a route or a policy that is, or was.
type VersionPath struct {
	Where
	Class gateway.Class `path:"class" doc:"Whether it is a route, a policy or a product."`
	Name  string        `path:"name" maxLength:"253" doc:"Its name."`
}

// GatewayPast is what a route or a policy was from a moment on.
type GatewayPast struct {
	gateway.Version

	Spec map[string]any `json:"spec,omitempty" doc:"What it was; nothing where it was deleted then."`
}

type historyInput struct {
	VersionPath
	httpserver.PageParams
}

type historyOutput struct{ Body kernel.Page[GatewayPast] }

func (a API) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	page, err := a.Gateway.History(ctx, in.Scope(ctx), in.Class, in.Name, in.Page())
	out := kernel.Page[GatewayPast]{Items: []GatewayPast{}, Next: page.Next}
	for _, v := range page.Items {
		one := GatewayPast{Version: v}
		if !v.Deleted {
			if err := json.Unmarshal(v.Document, &one.Spec); err != nil {
				return nil, kernel.Errorf(kernel.Internal, "version %d of %s cannot be read: %w", v.Number, in.Name, err)
			}
		}
		out.Items = append(out.Items, one)
	}
	return &historyOutput{Body: out}, err
}

type rollbackInput struct {
	VersionPath
	Options
	Body struct {
		Version int64 `json:"version,omitempty" minimum:"0" doc:"The version; the one before the newest unless given."`
	}
}

func (a API) rollback(ctx context.Context, in *rollbackInput) (*changeOutput, error) {
	change, err := a.Gateway.Rollback(ctx, in.Scope(ctx), in.Class, in.Name, in.Body.Version, in.options())
	return &changeOutput{Body: change}, err
}

type explainInput struct {
	Where
	URL     string   `query:"url" required:"true" minLength:"1" maxLength:"4096" doc:"The address of the request, such as https://orders.dev.shop.localhost/api."`
	Method  string   `query:"method" maxLength:"32" doc:"The method; GET unless given."`
	Headers []string `query:"header,explode" maxItems:"50" doc:"Headers of the request, as Name: value."`
}

type explainOutput struct{ Body gateway.Explanation }

func (a API) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	q := gateway.Question{Method: in.Method, URL: in.URL}
	for _, h := range in.Headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return nil, kernel.Errorf(kernel.Invalid, "%q is not a header", h).WithFix("write it as Name: value")
		}
		q.Headers = append(q.Headers, route.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	e, err := a.Gateway.Explain(ctx, in.Scope(ctx), q)
	return &explainOutput{Body: e}, err
}

type sitesInput struct {
	Stage string `query:"stage" required:"true" minLength:"1" maxLength:"63" doc:"The stage."`
}

// GatewaySites are hosts as the landing zone's variable gateway_sites takes them.
type GatewaySites struct {
	Sites map[string]any `json:"sites" doc:"Hosts with their firewall policies, by name."`
}

type sitesOutput struct{ Body GatewaySites }

func (a API) sites(ctx context.Context, in *sitesInput) (*sitesOutput, error) {
	sites, err := a.Gateway.Edge(ctx, Where{Stage: in.Stage}.Scope(ctx))
	return &sitesOutput{Body: GatewaySites{sites}}, err
}

// GatewayKind is a kind of document.
type GatewayKind struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Schema is the JSON Schema (2020-12) of the spec, as a document has it.
	Schema map[string]any `json:"schema,omitempty" doc:"The JSON Schema of the spec, where the kind has one."`
}

type kindsOutput struct{ Body kernel.Page[GatewayKind] }

// kinds lists the kinds, whose schemas are made the first time: they are the program's.
func (a API) kinds() func(ctx context.Context, _ *struct{}) (*kindsOutput, error) {
	var mu sync.Mutex
	var made *kindsOutput
	return func(ctx context.Context, _ *struct{}) (*kindsOutput, error) {
		specs, err := a.Gateway.Specs(ctx)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		if made == nil {
			made, err = kindsOf(specs)
		}
		return made, err
	}
}

func kindsOf(specs []gateway.KindSpec) (_ *kindsOutput, err error) {
	out := kernel.Page[GatewayKind]{Items: []GatewayKind{}}
	for _, s := range append([]gateway.KindSpec{{Name: gatewaydoc.KindRoute, Spec: route.Route{}}}, specs...) {
		k := GatewayKind{APIVersion: gatewaydoc.APIVersion, Kind: s.Name}
		if s.Spec != nil {
			if k.Schema, err = schema(s.Spec); err != nil {
				return nil, err
			}
		}
		if s.Name != gatewaydoc.KindRoute && s.Name != gatewaydoc.KindProduct {
			target(k.Schema)
		}
		out.Items = append(out.Items, k)
	}
	return &kindsOutput{Body: out}, nil
}

// target adds what the spec of each policy may have besides what its kind reads.
func target(schema map[string]any) {
	if fields, ok := schema["properties"].(map[string]any); ok {
		fields["targetRef"] = map[string]any{
			"type": "object", "description": "The one route that the policy is for; all without.", "additionalProperties": false, "required": []string{"route"},
			"properties": map[string]any{"route": map[string]any{"type": "string"}},
		}
	}
}

// size is the schema of gateway.Size.
type size struct{}

// Schema implements huma.SchemaProvider.
func (size) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeInteger}, {Type: huma.TypeString, Pattern: "^[0-9]+(Ki|Mi|Gi)?$"}}}
}

// schema is the JSON Schema of a value's type, with all that it refers to.
func schema(of any) (map[string]any, error) {
	const prefix = "#/$defs/"
	registry := huma.NewMapRegistry(prefix, huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[kernel.Duration](), reflect.TypeFor[string]())
	registry.RegisterTypeAlias(reflect.TypeFor[gateway.Size](), reflect.TypeFor[size]())
	root := registry.Schema(reflect.TypeOf(of), false, "")
	text, err := json.Marshal(map[string]any{"root": root, "defs": registry.Map()})
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the schema cannot be written: %w", err)
	}
	var both struct{ Root, Defs map[string]any }
	if err := json.Unmarshal(text, &both); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the schema cannot be read: %w", err)
	}
	delete(both.Defs, huma.DefaultSchemaNamer(reflect.TypeOf(of), "")) // it is the root
	both.Root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if len(both.Defs) > 0 {
		both.Root["$defs"] = both.Defs
	}
	return both.Root, nil
}

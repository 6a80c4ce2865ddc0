// Package landingzoneapi serves the landing zones of stages over HTTP. It owns
// their wire form, which takes outputs as `terraform output -json` prints them.
package landingzoneapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/landingzone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves landing zones.
type API struct {
	Zones *landingzone.Service
}

// Register adds the operations to api.
func (a API) Register(api huma.API) {
	tags := []string{"stages"}
	httpserver.Register(api, huma.Operation{
		OperationID: "set-landing-zone", Method: http.MethodPut, Path: "/landing-zones/{stage}", Tags: tags,
		Summary:     "Tell what the landing zone of a stage gives to workloads",
		Description: "The same values again make no new version. Sensitive outputs are refused.",
	}, a.set)
	httpserver.Register(api, huma.Operation{
		OperationID: "get-landing-zone", Method: http.MethodGet, Path: "/landing-zones/{stage}", Tags: tags,
		Summary: "Get what the landing zone of a stage gives to workloads",
	}, a.get)
	httpserver.Register(api, huma.Operation{
		OperationID: "list-landing-zone-versions", Method: http.MethodGet, Path: "/landing-zones/{stage}/versions", Tags: tags,
		Summary: "List the versions of a stage's landing zone, the newest first",
	}, a.list)
	httpserver.Register(api, huma.Operation{
		OperationID: "read-landing-zone-inputs", Method: http.MethodPost, Path: "/landing-zones/{stage}/inputs", Tags: tags, DefaultStatus: http.StatusOK,
		Summary:     "Look for the secrets that a landing zone is applied with, or read them",
		Description: "A reference is ${secret:PROJECT/NAME}, of the stage. Looking needs workload.read there, reading secret.read; reads are in the audit log. All that is missing is told at once.",
	}, a.inputs)
}

// LandingZone is one version on the wire.
type LandingZone struct {
	Stage   string         `json:"stage"`
	Version int            `json:"version" doc:"Counts the changes from 1."`
	Digest  kernel.Digest  `json:"digest"`
	Outputs map[string]any `json:"outputs" doc:"The values of the outputs by name."`
	SetBy   string         `json:"setBy"`
	SetAt   time.Time      `json:"setAt"`
}

// LandingZoneOutput is one output as terraform prints it.
type LandingZoneOutput struct {
	Sensitive bool `json:"sensitive,omitempty" doc:"A sensitive output is refused."`
	Type      any  `json:"type,omitempty" doc:"The type as terraform tells it; it is not kept."`
	Value     any  `json:"value" doc:"Any value; null is as if the output were not there."`
}

type zoneOutput struct {
	Body LandingZone
}

type setInput struct {
	Stage string `path:"stage" maxLength:"32" doc:"The stage's name."`
	Body  struct {
		Outputs map[string]LandingZoneOutput `json:"outputs" doc:"What terraform output -json prints."`
	}
}

func (a API) set(ctx context.Context, in *setInput) (*zoneOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	outputs := make(map[string]landingzone.Output, len(in.Body.Outputs))
	for name, o := range in.Body.Outputs {
		outputs[name] = landingzone.Output{Sensitive: o.Sensitive, Value: o.Value}
	}
	v, err := a.Zones.Set(ctx, scope, in.Stage, outputs)
	if err != nil {
		return nil, err
	}
	return &zoneOutput{Body: wire(v)}, nil
}

type getInput struct {
	Stage   string `path:"stage" maxLength:"32" doc:"The stage's name."`
	Version int    `query:"version" minimum:"0" doc:"The number of a version; 0 is the newest."`
}

func (a API) get(ctx context.Context, in *getInput) (*zoneOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	v, err := a.Zones.Get(ctx, scope, in.Stage, in.Version)
	if err != nil {
		return nil, err
	}
	return &zoneOutput{Body: wire(v)}, nil
}

type listInput struct {
	httpserver.PageParams

	Stage string `path:"stage" maxLength:"32" doc:"The stage's name."`
}

type listOutput struct {
	Body kernel.Page[LandingZone]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Zones.List(ctx, scope, in.Stage, in.Page())
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: kernel.Page[LandingZone]{Items: []LandingZone{}, Next: page.Next}}
	for _, v := range page.Items {
		out.Body.Items = append(out.Body.Items, wire(v))
	}
	return out, nil
}

func wire(v landingzone.Version) LandingZone {
	return LandingZone{Stage: v.Stage, Version: v.Number, Digest: v.Digest, Outputs: v.Values, SetBy: v.SetBy, SetAt: v.SetAt}
}

// LandingZoneInput is a secret that a landing zone is applied with.
type LandingZoneInput struct {
	Reference string `json:"reference"`
	Version   int    `json:"version,omitempty" doc:"The version that was read."`
	Value     string `json:"value,omitempty" doc:"The value, where it was read."`
}

type inputsInput struct {
	Stage string `path:"stage" maxLength:"32" doc:"The stage's name."`
	Body  struct {
		References []string `json:"references" maxItems:"200" doc:"References to secrets of the stage, ${secret:PROJECT/NAME}."`
		Read       bool     `json:"read,omitempty" doc:"Whether the values are read; else they are only looked for."`
	}
}

type inputsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Items []LandingZoneInput `json:"items"`
	}
}

func (a API) inputs(ctx context.Context, in *inputsInput) (*inputsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	found, err := a.Zones.Inputs(ctx, scope, in.Stage, in.Body.References, in.Body.Read)
	if err != nil {
		return nil, err
	}
	out := &inputsOutput{CacheControl: "no-store"}
	out.Body.Items = []LandingZoneInput{}
	for _, i := range found {
		out.Body.Items = append(out.Body.Items, LandingZoneInput{Reference: i.Reference, Version: i.Version, Value: i.Value})
	}
	return out, nil
}

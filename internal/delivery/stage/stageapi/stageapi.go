// Package stageapi serves the configured stages over HTTP. It owns their wire
// form; whoever is signed in may read it, for it is the same for all projects.
package stageapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves stages.
type API struct {
	Stages *stage.Set
}

// Register adds the operations to api.
func (a API) Register(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "list-stages", Method: http.MethodGet, Path: "/stages", Tags: []string{"stages"},
		Summary: "List the stages in the order in which a release passes them",
	}, a.list)
}

// Stage is a stage on the wire.
type Stage struct {
	Name         string          `json:"name"`
	Order        int             `json:"order"`
	Target       string          `json:"target"`
	Runtime      string          `json:"runtime"`
	Approvals    stage.Approvals `json:"approvals"`
	RequiredTags []string        `json:"requiredTags"`
	Verify       []StageCheck    `json:"verify"`
}

// StageCheck is one verification.
type StageCheck struct {
	Name string     `json:"name"`
	HTTP *HTTPCheck `json:"http,omitempty"`
}

// HTTPCheck is a verification over HTTP.
type HTTPCheck struct {
	Path    string `json:"path,omitempty" doc:"Empty is the path of the workload's readiness probe, else /."`
	Status  int    `json:"status" doc:"0 is any from 200 to 299."`
	Timeout string `json:"timeout,omitempty" doc:"How long it may take in all, as Go writes durations." example:"1m30s"`
}

type listOutput struct {
	Body kernel.Page[Stage]
}

func (a API) list(context.Context, *struct{}) (*listOutput, error) {
	out := &listOutput{Body: kernel.Page[Stage]{Items: []Stage{}}}
	for _, s := range a.Stages.All() {
		out.Body.Items = append(out.Body.Items, wire(s))
	}
	return out, nil
}

func wire(s stage.Stage) Stage {
	out := Stage{
		Name: s.Name, Order: s.Order, Target: s.Target, Runtime: s.Runtime, Approvals: s.Approvals,
		RequiredTags: append([]string{}, s.RequiredTags...), Verify: []StageCheck{},
	}
	for _, c := range s.Verify {
		check := StageCheck{Name: c.Name}
		if c.HTTP != nil {
			check.HTTP = &HTTPCheck{Path: c.HTTP.Path, Status: c.HTTP.Status}
			if c.HTTP.Timeout > 0 {
				check.HTTP.Timeout = c.HTTP.Timeout.String()
			}
		}
		out.Verify = append(out.Verify, check)
	}
	return out
}

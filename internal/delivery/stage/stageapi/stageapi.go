// Package stageapi serves the configured stages over HTTP. It owns their wire
// form; whoever is signed in may read it, for it is the same for all projects.
package stageapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves stages.
type API struct {
	Stages *stage.Set
	// Clock may be nil: it is the system's.
	Clock kernel.Clock
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
	Name         string            `json:"name"`
	Order        int               `json:"order"`
	Target       string            `json:"target"`
	Runtime      string            `json:"runtime"`
	Approvals    stage.Approvals   `json:"approvals"`
	Soak         string            `json:"soak,omitempty" doc:"How long a release must be verified here before the next stage may have it, as Go writes durations." example:"1h0m0s"`
	AutoPromote  bool              `json:"autoPromote,omitempty" doc:"Whether the stage takes by itself what becomes available to it."`
	Concurrency  int               `json:"concurrency,omitempty" doc:"How many runs may be executed here at once; absent is no limit."`
	Runners      map[string]string `json:"runners,omitempty" doc:"The labels that a remote runner must have to execute the stage's runs; absent where the daemon executes them."`
	Windows      []Window          `json:"windows,omitempty" doc:"When the stage may be changed; none is always."`
	Opening      Opening           `json:"opening"`
	RequiredTags []string          `json:"requiredTags"`
	Verify       []StageCheck      `json:"verify"`
	VerifyEvery  string            `json:"verifyEvery,omitempty" doc:"How often what is deployed is verified again, as Go writes durations; absent is never." example:"10m0s"`
	Lifetime     string            `json:"lifetime,omitempty" doc:"How long what is deployed stays unless it says something itself, as Go writes durations; absent is for good." example:"72h0m0s"`
	Rollback     string            `json:"rollback" enum:"manual,automatic" doc:"Who returns to the last verified release when a verification fails."`
}

// Window is a stretch of time that recurs.
type Window struct {
	Name     string `json:"name"`
	Kind     string `json:"kind" enum:"allow,deny"`
	RRule    string `json:"rrule" doc:"When it begins, a recurrence rule of RFC 5545."`
	Timezone string `json:"timezone" doc:"A name of the IANA database." example:"Europe/Berlin"`
	Duration string `json:"duration" doc:"How long it lasts, as Go writes durations." example:"8h0m0s"`
}

// Opening tells whether the stage may be changed now.
type Opening struct {
	Open   bool       `json:"open"`
	Window string     `json:"window,omitempty" doc:"The window that decides: a deny that is active, else an allow that is."`
	Next   *time.Time `json:"next,omitempty" doc:"When that changes; absent where it does not within a year."`
}

type listOutput struct {
	Body kernel.Page[Stage]
}

func (a API) list(context.Context, *struct{}) (*listOutput, error) {
	out := &listOutput{Body: kernel.Page[Stage]{Items: []Stage{}}}
	for _, s := range a.Stages.All() {
		o, err := s.OpeningAt(a.Clock.Now())
		if err != nil {
			return nil, err
		}
		st := wire(s)
		st.Opening = openingOf(o)
		out.Body.Items = append(out.Body.Items, st)
	}
	return out, nil
}

func openingOf(o stage.Opening) Opening {
	out := Opening{Open: o.Open, Next: o.Next}
	if o.Window != nil {
		out.Window = o.Window.Name
	}
	return out
}

func wire(s stage.Stage) Stage {
	out := Stage{
		Name: s.Name, Order: s.Order, Target: s.Target, Runtime: s.Runtime, Approvals: s.Approvals, AutoPromote: s.AutoPromote, Concurrency: s.Concurrency, Runners: s.Runners,
		RequiredTags: append([]string{}, s.RequiredTags...), Verify: []StageCheck{}, Rollback: cmp.Or(s.Rollback, stage.RollbackManual),
	}
	if s.Soak > 0 {
		out.Soak = s.Soak.String()
	}
	for _, w := range s.Windows {
		out.Windows = append(out.Windows, Window{Name: w.Name, Kind: w.Kind, RRule: w.RRule, Timezone: cmp.Or(w.Timezone, "UTC"), Duration: w.Duration.String()})
	}
	if s.VerifyEvery > 0 {
		out.VerifyEvery = s.VerifyEvery.String()
	}
	if d := s.Lifetimes().Default; d > 0 {
		out.Lifetime = d.String()
	}
	for _, c := range s.Verify {
		out.Verify = append(out.Verify, checkOf(c))
	}
	return out
}

// Package driftapi serves what was changed outside over HTTP: checks, findings
// and the decisions on them.
//
// It owns paths and wire types. It decides nothing; governance/drift does.
package driftapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a drift service.
type API struct {
	Drift *drift.Service
}

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	severities := make([]drift.Severity, 0, len(stage.Severities()))
	for _, s := range stage.Severities() {
		severities = append(severities, drift.Severity(s))
	}
	httpserver.Enum(api, "Where a finding of drift is on its way.", drift.Statuses()...)
	httpserver.Enum(api, "Where a drift check is.", drift.CheckStatuses()...)
	httpserver.Enum(api, "How bad drift is; what is none is not kept.", severities...)
	httpserver.Enum(api, "What the next run of the deployed release would do.", drift.NextReverts, drift.NextKeeps, drift.NextUnknown)
	a.registerChecks(api)
	a.registerFindings(api)
	a.registerDecisions(api)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/drift" + path, Summary: summary, Tags: []string{"drift"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

func (a API) registerChecks(api huma.API) {
	check := operation("request-drift-checks", http.MethodPost, "/checks", "Look now for what was changed outside on a stage")
	check.DefaultStatus = http.StatusAccepted
	httpserver.Register(api, check, a.requestChecks)
	httpserver.Register(api, operation("get-drift-check", http.MethodGet, "/checks/{id}", "Get a drift check"), a.getCheck)
}

func (a API) registerFindings(api huma.API) {
	httpserver.Register(api, operation("list-drift", http.MethodGet, "", "List what was changed outside, the newest first"), a.list)
	httpserver.Register(api, operation("count-drift", http.MethodGet, "/counts", "Count what is not resolved by workload, stage, severity and status"), a.count)
	httpserver.Register(api, operation("get-drift", http.MethodGet, "/{id}", "Get one finding with its attributes"), a.get)
}

func (a API) registerDecisions(api huma.API) {
	for _, op := range []struct {
		id, path, summary string
		do                decide
	}{
		{"accept-drift", "/accept", "Record what is there as the truth, by a run of the kind refresh", a.accept},
		{"revert-drift", "/revert", "Put back what was changed, by a run of what is deployed", a.revert},
	} {
		o := operation(op.id, http.MethodPost, op.path, op.summary)
		o.DefaultStatus = http.StatusAccepted
		httpserver.Register(api, o, op.do)
	}
	httpserver.Register(api, operation("ignore-drift", http.MethodPost, "/{id}/ignore", "Leave a finding alone until a date, or until it changes again"), a.ignore)
}

// ProjectPath is the part of every path; huma sees only what is exported.
type ProjectPath struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

// DriftPath names one finding.
type DriftPath struct {
	ProjectPath
	ID string `path:"id" maxLength:"64" doc:"The finding's id."`
}

// Package policyapi serves policies over HTTP: plans held against them, and what is
// administered about them, exemptions and the levels that tenants assign.
//
// It owns paths and wire types. It decides nothing; governance/policy does.
package policyapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a policy service.
type API struct {
	Policies *policy.Service
}

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Where an exemption is on its way.", policy.ExemptionStatuses()...)
	httpserver.Enum(api, "What a violation means; off leaves a policy out.", append(policy.Levels(), policy.Off)...)
	httpserver.Enum(api, "What a policy says about one thing.", policy.Outcomes()...)
	evaluate := operation("evaluate-policies", http.MethodPost, "/evaluate", "Hold a plan or a state against the policies that are in force")
	evaluate.Description = "The body is what terraform show -json writes of a plan or of a state, or a state file. What is exempt is told as such. Nothing is kept."
	httpserver.Register(api, httpserver.UploadOperation(evaluate, "application/octet-stream", policy.MaxOffered), a.evaluate)
	httpserver.Enum(api, "Where the level of a policy is from.", policy.Origins()...)
	httpserver.Register(api, operation("list-policies", http.MethodGet, "", "List the policies that are in force, with their levels by stage"), a.policies)
	httpserver.Register(api, operation("get-policy-state", http.MethodGet, "/state", "Tell how the sources of policies are, and what is wrong with them or their levels"), a.state)
	httpserver.Register(api, operation("request-exemption", http.MethodPost, "/exemptions", "Ask for an exemption from policies until a moment"), a.request)
	httpserver.Register(api, operation("list-exemptions", http.MethodGet, "/exemptions", "List the exemptions of a project and of the tenant, the newest first"), a.list)
	httpserver.Register(api, operation("get-exemption", http.MethodGet, "/exemptions/{id}", "Get an exemption"), a.get)
	httpserver.Register(api, operation("approve-exemption", http.MethodPost, "/exemptions/{id}/approve", "Make an exemption count until it expires"), a.approve)
	httpserver.Register(api, operation("revoke-exemption", http.MethodPost, "/exemptions/{id}/revoke", "End an exemption, or a request for one"), a.revoke)
	httpserver.Register(api, operation("assign-policies", http.MethodPost, "/assignments", "Give policies a stricter level somewhere"), a.assign)
	httpserver.Register(api, operation("list-assignments", http.MethodGet, "/assignments", "List the levels that a project, its tenant and the operator assigned"), a.assignments)
	httpserver.Register(api, operation("list-assignment-versions", http.MethodGet, "/assignments/{id}/versions", "List the versions of an assignment, the newest first"), a.history)
	httpserver.Register(api, operation("remove-assignment", http.MethodPost, "/assignments/{id}/remove", "Remove an assignment; its versions stay"), a.unassign)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/policies" + path, Summary: summary, Tags: []string{"policies"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

// IDPath names one exemption or assignment.
type IDPath struct {
	httpserver.ScopeParam

	ID string `path:"id" maxLength:"64" doc:"The id of the exemption, or of the assignment."`
}

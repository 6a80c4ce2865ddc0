// Package maturityapi serves the assessment of FinOps over HTTP.
//
// It owns paths and wire types. It judges nothing; governance/maturity does.
package maturityapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/maturity"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a maturity service.
type API struct {
	Maturity *maturity.Service
}

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "How mature a capability is.", maturity.NotBegun, maturity.Crawl, maturity.Walk, maturity.Run)
	httpserver.Register(api, huma.Operation{
		OperationID: "get-maturity", Method: http.MethodGet, Path: "/costs/maturity", Summary: "Assess the 22 capabilities of FinOps", Tags: []string{"costs"},
	}, a.get)
	httpserver.Register(api, huma.Operation{
		OperationID: "answer-maturity", Method: http.MethodPost, Path: "/costs/maturity/answers", DefaultStatus: http.StatusOK,
		Summary: "Answer what the platform cannot measure", Tags: []string{"costs"},
	}, a.answer)
}

type output struct{ Body maturity.Assessment }

func (a API) get(ctx context.Context, _ *struct{}) (*output, error) {
	r, err := a.Maturity.Assess(ctx, httpserver.ScopeParam{}.Scope(ctx))
	return &output{Body: r}, err
}

// Given is one answer.
type Given struct {
	Criterion string `json:"criterion" maxLength:"100"`
	Met       bool   `json:"met"`
	Note      string `json:"note,omitempty" maxLength:"2000"`
}

type answerInput struct {
	Body struct {
		Answers []Given `json:"answers" minItems:"1" maxItems:"200"`
	}
}

func (a API) answer(ctx context.Context, in *answerInput) (*output, error) {
	answers := make([]maturity.Answer, 0, len(in.Body.Answers))
	for _, g := range in.Body.Answers {
		answers = append(answers, maturity.Answer{Criterion: g.Criterion, Met: g.Met, Note: g.Note})
	}
	r, err := a.Maturity.Answer(ctx, httpserver.ScopeParam{}.Scope(ctx), answers)
	return &output{Body: r}, err
}

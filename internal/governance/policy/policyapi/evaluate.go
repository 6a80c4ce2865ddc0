package policyapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type evaluateInput struct {
	httpserver.Upload
	httpserver.ScopeParam

	Stage     string `query:"stage" maxLength:"63" doc:"The stage that the document is for; without it, what is assigned or exempt on one stage alone does not count."`
	Target    string `query:"target" maxLength:"63" doc:"Without a stage: the target that it is for, such as azure."`
	Workload  string `query:"workload" maxLength:"63" doc:"The workload of the project that it is of: its exemptions count."`
	Name      string `query:"name" maxLength:"240" doc:"How errors name the document."`
	Operation string `query:"operation" maxLength:"63" doc:"The operation that policies see; deploy unless given."`
}

type answerOutput struct{ Body policy.Answer }

func (a API) evaluate(ctx context.Context, in *evaluateInput) (*answerOutput, error) {
	asked, err := a.Policies.Prepare(ctx, in.Scope(ctx), policy.Asked{Name: in.Name, Stage: in.Stage, Target: in.Target, Workload: in.Workload, Operation: in.Operation})
	if err != nil {
		return nil, err
	}
	report, err := asked.Evaluate(ctx, in.Reader())
	if err != nil {
		return nil, err
	}
	return &answerOutput{Body: report.Answer()}, nil
}

package policyapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type assignInput struct {
	httpserver.ScopeParam
	Body struct {
		Policies string       `json:"policies" minLength:"1" maxLength:"200" doc:"The id of a policy, or a pattern such as azure-storage-*."`
		Set      string       `json:"set,omitempty" maxLength:"500" doc:"Only those of this source of policies."`
		Stage    string       `json:"stage,omitempty" maxLength:"63" doc:"Only on this stage."`
		Target   string       `json:"target,omitempty" maxLength:"63" doc:"Only on stages with this target."`
		Level    policy.Level `json:"level"`
		Reason   string       `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

type effectOutput struct{ Body policy.Effect }

func (a API) assign(ctx context.Context, in *assignInput) (*effectOutput, error) {
	e, err := a.Policies.Assign(ctx, in.Scope(ctx), policy.AssignRequest{
		Policies: in.Body.Policies, Set: in.Body.Set, Stage: in.Body.Stage, Target: in.Body.Target, Level: in.Body.Level, Reason: in.Body.Reason,
	})
	return &effectOutput{Body: e}, err
}

// Assignments are the levels that are assigned.
type Assignments struct {
	Items []policy.Setting `json:"items"`
	// Platform are the operator's.
	Platform []PlatformAssignment `json:"platform" doc:"Those of the operator's configuration, in order: of those that hold the last counts, and is the floor of the others."`
}

// PlatformAssignment is one of the operator's.
type PlatformAssignment struct {
	Policies string       `json:"policies"`
	Level    policy.Level `json:"level"`
	Tenant   string       `json:"tenant,omitempty"`
	Project  string       `json:"project,omitempty"`
	Stage    string       `json:"stage,omitempty"`
	Target   string       `json:"target,omitempty"`
}

type assignmentsOutput struct{ Body Assignments }

func (a API) assignments(ctx context.Context, in *httpserver.ScopeParam) (*assignmentsOutput, error) {
	scope := in.Scope(ctx)
	all, err := a.Policies.ListAssignments(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := Assignments{Items: all, Platform: []PlatformAssignment{}}
	for _, p := range a.Policies.Platform {
		if (p.Tenant == "" || p.Tenant == scope.Tenant) && (p.Project == "" || scope.Project == "" || p.Project == scope.Project) {
			out.Platform = append(out.Platform, PlatformAssignment{
				Policies: p.Policies, Level: p.Level, Tenant: p.Tenant, Project: p.Project, Stage: p.Stage, Target: p.Target,
			})
		}
	}
	return &assignmentsOutput{Body: out}, nil
}

// AssignmentVersions are all versions of an assignment.
type AssignmentVersions struct {
	Items []policy.Setting `json:"items"`
}

type versionsOutput struct{ Body AssignmentVersions }

func (a API) history(ctx context.Context, in *IDPath) (*versionsOutput, error) {
	all, err := a.Policies.AssignmentHistory(ctx, in.Scope(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &versionsOutput{Body: AssignmentVersions{Items: all}}, nil
}

type settingOutput struct{ Body policy.Setting }

func (a API) unassign(ctx context.Context, in *reasonInput) (*settingOutput, error) {
	v, err := a.Policies.Unassign(ctx, in.Scope(ctx), in.ID, in.Body.Reason)
	return &settingOutput{Body: v}, err
}

package runapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// scoreFile is what problems name the workload that a request carries.
const scoreFile = "score.yaml"

type deployInput struct {
	ProjectPath
	Body struct {
		Score     string                   `json:"score" minLength:"1" doc:"The workload, a Score v1b1 document with its file sources inlined."`
		Stage     string                   `json:"stage" maxLength:"63"`
		Version   string                   `json:"version,omitempty" maxLength:"128" doc:"A label for people."`
		Artifacts map[string]kernel.Digest `json:"artifacts,omitempty" doc:"Digests of uploaded artifacts by container."`
		Reason    string                   `json:"reason,omitempty" maxLength:"1000"`
		DryRun    bool                     `json:"dryRun,omitempty" doc:"Plan and change nothing; the run ends as planned."`
		WhenOpen  bool                     `json:"whenOpen,omitempty" doc:"Where a window closes the stage, plan now and apply when it opens, instead of being refused."`
		Lifetime  string                   `json:"lifetime,omitempty" maxLength:"40" doc:"How long it is to stay, as Go writes durations; as the stage has it unless given." example:"72h"`
	}
}

type deployOutput struct {
	Body struct {
		Run     run.Run        `json:"run"`
		Release run.ReleaseRef `json:"release"`
	}
}

func (a API) deploy(ctx context.Context, in *deployInput) (*deployOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	w, err := workload.Parse(scoreFile, []byte(in.Body.Score))
	if err != nil {
		return nil, err
	}
	stays, err := lifetimeOf(in.Body.Lifetime)
	if err != nil {
		return nil, err
	}
	r, err := a.Runs.Deploy(ctx, scope, run.DeployRequest{
		Lifetime: stays,
		Stage:    in.Body.Stage, Workload: w, Version: in.Body.Version, Artifacts: in.Body.Artifacts, Reason: in.Body.Reason, DryRun: in.Body.DryRun, WhenOpen: in.Body.WhenOpen,
	})
	if err != nil {
		return nil, err
	}
	out := &deployOutput{}
	out.Body.Run, out.Body.Release = r, r.Release
	return out, nil
}

// lifetimeOf reads how long something is to stay; none is as the stage has it.
func lifetimeOf(text string) (stays stage.Duration, err error) {
	if text == "" {
		return 0, nil
	}
	if err := stays.UnmarshalText([]byte(text)); err != nil || stays <= 0 {
		return 0, kernel.Errorf(kernel.Invalid, "%q is no lifetime", text).WithFix("write it as 72h or 90m")
	}
	return stays, nil
}

type checkInput struct {
	ProjectPath
	Body struct {
		Stage    string `json:"stage" maxLength:"63"`
		Workload string `json:"workload" minLength:"1" maxLength:"63" doc:"The workload's name."`
		Score    string `json:"score,omitempty" doc:"The workload, to have the secrets looked for that it refers to."`
		DryRun   bool   `json:"dryRun,omitempty" doc:"As it would be asked for."`
		WhenOpen bool   `json:"whenOpen,omitempty" doc:"As it would be asked for."`
		Lifetime string `json:"lifetime,omitempty" maxLength:"40" doc:"How long it is to stay, as Go writes durations; as the stage has it unless given." example:"72h"`
	}
}

func (a API) check(ctx context.Context, in *checkInput) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	stays, err := lifetimeOf(in.Body.Lifetime)
	if err != nil {
		return nil, err
	}
	w := &workload.Workload{Name: in.Body.Workload}
	if in.Body.Score != "" {
		if w, err = workload.Parse(scoreFile, []byte(in.Body.Score)); err != nil {
			return nil, err
		}
	}
	return nil, a.Runs.Check(ctx, scope, run.DeployRequest{
		Stage: in.Body.Stage, Workload: w, Lifetime: stays, DryRun: in.Body.DryRun, WhenOpen: in.Body.WhenOpen,
	})
}

type resolveInput struct {
	ProjectPath
	Body struct {
		Score string `json:"score" minLength:"1" doc:"The workload, a Score v1b1 document."`
		Stage string `json:"stage" maxLength:"63"`
	}
}

type resolveOutput struct {
	Body Graph
}

func (a API) resolve(ctx context.Context, in *resolveInput) (*resolveOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	w, err := workload.Parse(scoreFile, []byte(in.Body.Score))
	if err != nil {
		return nil, err
	}
	g, err := a.Runs.Graph(ctx, scope, w, in.Body.Stage)
	if err != nil {
		return nil, err
	}
	return &resolveOutput{Body: graphOf(g)}, nil
}

type referencesInput struct {
	ProjectPath
	Body struct {
		Score string `json:"score" minLength:"1" doc:"The workload, a Score v1b1 document with its file sources inlined."`
		Stage string `json:"stage" maxLength:"63" doc:"The stage that its secrets have to be in."`
	}
}

type referencesOutput struct {
	Body struct {
		Unseen []kernel.Problem `json:"unseen" doc:"References to a key vault of which nobody knows what is in it, since no sync keeps it filled."`
	}
}

// references refuses a workload that refers to what is not in the stage.
func (a API) references(ctx context.Context, in *referencesInput) (*referencesOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	w, err := workload.Parse(scoreFile, []byte(in.Body.Score))
	if err != nil {
		return nil, err
	}
	lacking, err := a.Runs.References(ctx, scope, w, in.Body.Stage)
	if err != nil {
		return nil, err
	}
	if len(lacking.Problems) > 0 {
		return nil, run.MissingIn(in.Body.Stage, w, lacking.Problems)
	}
	out := &referencesOutput{}
	out.Body.Unseen = append([]kernel.Problem{}, lacking.Unseen...)
	return out, nil
}

// WorkloadPath names one workload.
type WorkloadPath struct {
	ProjectPath
	Workload string `path:"workload" maxLength:"63" doc:"The workload's name."`
}

type promoteInput struct {
	WorkloadPath
	Body struct {
		To       string `json:"to" maxLength:"63" doc:"The stage to carry the release to."`
		Release  string `json:"release,omitempty" maxLength:"64" doc:"A release by its id, number or version; without it, what is deployed in the stage before."`
		Reason   string `json:"reason,omitempty" maxLength:"1000"`
		DryRun   bool   `json:"dryRun,omitempty" doc:"Plan and change nothing; the run ends as planned."`
		WhenOpen bool   `json:"whenOpen,omitempty" doc:"Where a window closes the stage, plan now and apply when it opens, instead of being refused."`
	}
}

func (a API) promote(ctx context.Context, in *promoteInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Promote(ctx, scope, run.ChangeRequest{
		Workload: in.Workload, Stage: in.Body.To, Release: in.Body.Release, Reason: in.Body.Reason, DryRun: in.Body.DryRun, WhenOpen: in.Body.WhenOpen,
	}))
}

type rollbackInput struct {
	WorkloadPath
	Body struct {
		Stage    string `json:"stage" maxLength:"63"`
		Release  string `json:"release,omitempty" maxLength:"64" doc:"A release by its id, number or version; without it, the last one verified before the current."`
		Reason   string `json:"reason,omitempty" maxLength:"1000"`
		DryRun   bool   `json:"dryRun,omitempty" doc:"Plan and change nothing; the run ends as planned."`
		WhenOpen bool   `json:"whenOpen,omitempty" doc:"Where a window closes the stage, plan now and apply when it opens, instead of being refused."`
	}
}

func (a API) rollback(ctx context.Context, in *rollbackInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Rollback(ctx, scope, run.ChangeRequest{
		Workload: in.Workload, Stage: in.Body.Stage, Release: in.Body.Release, Reason: in.Body.Reason, DryRun: in.Body.DryRun, WhenOpen: in.Body.WhenOpen,
	}))
}

type destroyInput struct {
	WorkloadPath
	Body struct {
		Stage    string `json:"stage" maxLength:"63"`
		Reason   string `json:"reason,omitempty" maxLength:"1000"`
		DryRun   bool   `json:"dryRun,omitempty" doc:"Plan and change nothing; the run ends as planned."`
		WhenOpen bool   `json:"whenOpen,omitempty" doc:"Where a window closes the stage, plan now and apply when it opens, instead of being refused."`
		Force    bool   `json:"force,omitempty" doc:"Remove it although other workloads take from it; for admins."`
	}
}

func (a API) destroy(ctx context.Context, in *destroyInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Destroy(ctx, scope, run.ChangeRequest{Workload: in.Workload, Stage: in.Body.Stage, Reason: in.Body.Reason, DryRun: in.Body.DryRun, WhenOpen: in.Body.WhenOpen, Force: in.Body.Force}))
}

package rungate

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// Secrets lets nothing be applied that refers to a secret which is not in the stage: what is
// promoted refers to those of the stage that it comes to.
type Secrets struct{ Known run.Secrets }

// Name is secrets.
func (Secrets) Name() string { return run.SecretsGate }

// Evaluate looks for what the workload's variables and files refer to.
func (g Secrets) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.HardMandatory, Outcome: run.Passed, Message: "every secret that is referred to is there"}
	switch uses := in.Workload.SecretUses(); {
	case in.Run.Operation == run.Destroy || in.Run.Operation == run.Refresh || len(uses) == 0:
		result.Message = "nothing refers to a secret"
		return result, nil
	case in.Stage.Runtime == stage.RuntimeKubernetes:
		result.Message = "the secrets are in the stage's key vault, where nobody looked"
		return result, nil
	}
	problems, err := run.MissingSecrets(ctx, g.Known, in.Stage, in.Run.Scope, in.Workload)
	if err != nil || len(problems) == 0 {
		return result, err
	}
	for i := range problems { // a release knows the workload in its canonical form alone, whose lines nobody has written
		problems[i].File, problems[i].Line, problems[i].Column = "", 0, 0
	}
	result.Outcome, result.Problems = run.Missed, problems
	result.Message = fmt.Sprintf("%d references are to secrets that are not in %s", len(problems), in.Stage.Name)
	if len(problems) == 1 {
		result.Message = "a reference is to a secret that is not in " + in.Stage.Name
	}
	result.Fix = problems[0].Fix
	return result, nil
}

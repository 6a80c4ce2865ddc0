package rungate

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Secrets lets nothing be applied that refers to a secret which is not in the stage: what is
// promoted refers to those of the stage that it comes to.
type Secrets struct {
	Known run.Secrets
	// Definitions has where definitions refer to secrets; nil tells no places in them.
	Definitions run.Definitions
}

// Name is secrets.
func (Secrets) Name() string { return run.SecretsGate }

// Foresees says that no plan is needed.
func (Secrets) Foresees() {}

// Evaluate looks for what the workload's variables and files refer to, and for what definitions
// give to modules.
func (g Secrets) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.HardMandatory, Outcome: run.Passed, Message: "every secret that is referred to is there"}
	given := 0
	if in.Graph != nil {
		given = len(in.Graph.SecretUses())
	}
	if in.Run.Operation == run.Destroy || in.Run.Operation == run.Refresh || len(in.Workload.SecretUses())+len(in.Stage.SecretUses())+given == 0 {
		result.Message = "nothing refers to a secret"
		return result, nil
	}
	lacking, err := g.lacking(ctx, in)
	if err != nil {
		return result, err
	}
	switch problems := lacking.Problems; {
	case len(problems) > 0:
		result.Outcome, result.Problems, result.Fix = run.Missed, problems, problems[0].Fix
		result.Message = counted(len(problems), "a reference is to a secret that is not in "+in.Stage.Name, "%d references are to secrets that are not in "+in.Stage.Name)
	case len(lacking.Unseen) > 0:
		result.Level, result.Outcome, result.Problems, result.Fix = run.Advisory, run.Missed, lacking.Unseen, lacking.Unseen[0].Fix
		result.Message = "nobody knows what is in the key vault of " + in.Stage.Name + ", where " +
			counted(len(lacking.Unseen), "a reference leads", "%d references lead")
	}
	return result, nil
}

func (g Secrets) lacking(ctx context.Context, in run.GateInput) (run.Lacking, error) {
	lacking, err := run.LackingOf(ctx, g.Known, in.Stage, in.Run.Scope, in.Workload)
	if err != nil || g.Known == nil {
		return lacking, err
	}
	for _, problems := range [][]kernel.Problem{lacking.Problems, lacking.Unseen} {
		for i := range problems { // a release knows the workload in its canonical form alone, whose lines nobody has written
			problems[i].File, problems[i].Line, problems[i].Column = "", 0, 0
		}
	}
	if in.Graph == nil {
		return lacking, nil
	}
	given, err := run.UnsuppliedOf(ctx, g.Known, g.Definitions, in.Run.Scope, in.Graph)
	lacking.Problems = append(lacking.Problems, given...)
	return lacking, err
}

func counted(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

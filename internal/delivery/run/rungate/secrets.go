package rungate

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Secrets lets nothing be applied that refers to a secret which is not in the stage: what is
// promoted refers to those of the stage that it comes to.
type Secrets struct {
	Known run.Secrets
	// Definitions has where definitions refer to secrets; nil tells no places in them.
	Definitions run.Definitions
	// Configs has the dynamic configuration of workloads; nil has none.
	Configs Configs
}

// Configs knows which secrets the dynamic configuration of workloads refers to.
type Configs interface {
	// Asks reports whether a workload has a way to its configuration at the scope's stage.
	Asks(ctx context.Context, scope kernel.Scope, workload string) (bool, error)
	// Lacks returns a problem for each key that a workload would not get there.
	Lacks(ctx context.Context, scope kernel.Scope, workload string) ([]kernel.Problem, error)
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
	if in.Run.Operation == run.Destroy || in.Run.Operation == run.Refresh {
		result.Message = "nothing refers to a secret"
		return result, nil
	}
	configured, err := g.configured(ctx, in)
	if err != nil {
		return result, err
	}
	if len(in.Workload.SecretUses())+len(in.Stage.SecretUses())+given+len(configured) == 0 {
		result.Message = "nothing refers to a secret"
		return result, nil
	}
	lacking, err := g.lacking(ctx, in)
	if err != nil {
		return result, err
	}
	lacking.Problems = append(lacking.Problems, configured...)
	switch problems := lacking.Problems; {
	case len(problems) > 0 && len(problems) == len(configured):
		result.Outcome, result.Problems, result.Fix = run.Missed, problems, problems[0].Fix
		result.Message = counted(len(problems), "the dynamic configuration of "+in.Workload.Name+" lacks a secret in "+in.Stage.Name, "the dynamic configuration of "+in.Workload.Name+" lacks %d secrets in "+in.Stage.Name)
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

// configured are the keys of its dynamic configuration that a workload which asks for it would
// not get.
func (g Secrets) configured(ctx context.Context, in run.GateInput) ([]kernel.Problem, error) {
	if g.Configs == nil || in.Workload == nil {
		return nil, nil
	}
	where, asks := in.Run.Scope.InStage(in.Stage.Name), false
	if in.Graph != nil {
		asks = slices.ContainsFunc(in.Graph.Nodes, func(n graph.Node) bool { return n.Type == "config" })
	}
	if !asks {
		var err error
		if asks, err = g.Configs.Asks(ctx, where, in.Workload.Name); err != nil || !asks {
			return nil, err
		}
	}
	return g.Configs.Lacks(ctx, where, in.Workload.Name)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

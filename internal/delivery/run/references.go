package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretsGate is the name of the gate that looks for secrets.
const SecretsGate = "secrets"

// Secrets has the secrets of stages. It asks nobody's rights.
type Secrets interface {
	// Value returns what a reference means and its version, and records that it was read
	// for a run.
	Value(ctx context.Context, scope kernel.Scope, r secretref.Reference, run string) (value string, version int, err error)
	// Missing tells why a reference means nothing in a stage, nil where it means a value.
	Missing(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error)
}

// References returns a problem for each place where the workload refers to a secret that
// is not in the stage, for an actor who may know which there are.
func (s *Service) References(ctx context.Context, scope kernel.Scope, w *workload.Workload, stageName string) ([]kernel.Problem, error) {
	st, where, err := s.allowed(ctx, scope, stageName, actionSee)
	if err != nil {
		return nil, err
	}
	return MissingSecrets(ctx, s.Secrets, st, where, w)
}

// MissingSecrets returns a problem for each place where the workload refers to a secret that
// is not in the stage. What a stage with the runtime kubernetes takes of its key vault is not known here.
func MissingSecrets(ctx context.Context, secrets Secrets, st stage.Stage, where kernel.Scope, w *workload.Workload) ([]kernel.Problem, error) {
	if secrets == nil || st.Runtime == stage.RuntimeKubernetes {
		return nil, nil
	}
	var problems []kernel.Problem
	known := map[secretref.Reference]*kernel.Problem{}
	for _, use := range w.SecretUses() {
		p, looked := known[use.Reference]
		if !looked {
			var err error
			if p, err = secrets.Missing(ctx, where, use.Reference); err != nil {
				return nil, fmt.Errorf("look for what %s refers to: %w", use.Path, err)
			}
			known[use.Reference] = p
		}
		if p != nil {
			problems = append(problems, kernel.Problem{
				File: use.At.File, Line: use.At.Line, Column: use.At.Column, Path: use.Path, Message: p.Message, Fix: p.Fix,
			})
		}
	}
	return problems, nil
}

// referable refuses a workload whose secrets are not in the stage. Who may not know which
// secrets there are is told nothing: the run's gate finds it for those who may see the run.
func (s *Service) referable(ctx context.Context, st stage.Stage, where kernel.Scope, w *workload.Workload) error {
	err := s.Authorizer.Authorize(ctx, actionSee, where)
	if kernel.Is(err, kernel.Denied) || kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	problems, err := MissingSecrets(ctx, s.Secrets, st, where, w)
	if err != nil || len(problems) == 0 {
		return err
	}
	return MissingIn(st.Name, w, problems)
}

// MissingIn is the refusal of a workload whose secrets are not in a stage.
func MissingIn(stageName string, w *workload.Workload, problems []kernel.Problem) error {
	return kernel.Errorf(kernel.Refused, "%s refers to secrets that are not in %s", w.Name, stageName).WithProblems(problems...)
}

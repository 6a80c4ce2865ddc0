package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretsGate is the name of the gate that looks for secrets.
const SecretsGate = "secrets"

// Secrets has the secrets of stages. It asks nobody's rights.
type Secrets interface {
	// Value returns what a reference means and its version, and records that it was read, and for
	// what: a run, or a verification.
	Value(ctx context.Context, scope kernel.Scope, r secretref.Reference, reader string) (value string, version int, err error)
	// Missing tells why a reference means nothing in a stage, nil where it means a value.
	Missing(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error)
	// Unvaulted is Missing of the key vault that the pods of a stage read; kept is false where
	// nothing is known of that vault, since nothing keeps it filled.
	Unvaulted(ctx context.Context, scope kernel.Scope, r secretref.Reference) (p *kernel.Problem, kept bool, err error)
}

// Lacking are the references that mean nothing in a stage, with their places.
type Lacking struct {
	// Problems are what the workload and its definitions refer to and the stage has not.
	Problems []kernel.Problem
	// Unseen are references to a key vault of which nobody knows what is in it.
	Unseen []kernel.Problem
}

// Definitions has what people wrote as definitions.
type Definitions interface {
	// Written returns the source of a definition as it is now, and the name of its file; NotFound
	// where there is none any more.
	Written(ctx context.Context, scope kernel.Scope, name string) (file string, source []byte, err error)
}

// References tells what the workload, and the definitions that would serve it, refer to and is
// not in the stage, to an actor who may know which secrets there are.
func (s *Service) References(ctx context.Context, scope kernel.Scope, w *workload.Workload, stageName string) (Lacking, error) {
	st, where, err := s.allowed(ctx, scope, stageName, actionSee)
	if err != nil {
		return Lacking{}, err
	}
	lacking, err := LackingOf(ctx, s.Secrets, st, where, w)
	if err != nil || s.Secrets == nil {
		return lacking, err
	}
	g, err := s.Graph(ctx, scope, w, stageName)
	if err != nil {
		return lacking, nil //nolint:nilerr // what cannot be resolved is told when a release is made of it
	}
	given, err := UnsuppliedOf(ctx, s.Secrets, s.Catalog, where, g)
	lacking.Problems = append(lacking.Problems, given...)
	return lacking, err
}

// LackingOf tells what the containers of a workload refer to and is not where they run: in
// the stage, or in the key vault of one with the runtime kubernetes.
func LackingOf(ctx context.Context, secrets Secrets, st stage.Stage, where kernel.Scope, w *workload.Workload) (l Lacking, err error) {
	if secrets == nil {
		return l, nil
	}
	known := map[secretref.Reference]sought{}
	for _, use := range w.SecretUses() {
		found, looked := known[use.Reference]
		if !looked {
			if found, err = seek(ctx, secrets, st, where, use.Reference); err != nil {
				return l, fmt.Errorf("look for what %s refers to: %w", use.Path, err)
			}
			known[use.Reference] = found
		}
		if found.problem == nil {
			continue
		}
		p := kernel.Problem{
			File: use.At.File, Line: use.At.Line, Column: use.At.Column, Path: use.Path, Message: found.problem.Message, Fix: found.problem.Fix,
		}
		if found.unseen {
			l.Unseen = append(l.Unseen, p)
		} else {
			l.Problems = append(l.Problems, p)
		}
	}
	return l, l.ofChecks(ctx, secrets, st, where)
}

// ofChecks adds what the checks of the stage refer to: they are made when all is applied, and fail then.
func (l *Lacking) ofChecks(ctx context.Context, secrets Secrets, st stage.Stage, where kernel.Scope) error {
	for _, use := range st.SecretUses() {
		p, err := secrets.Missing(ctx, where, use.Reference)
		if err != nil {
			return fmt.Errorf("look for what the checks of %s refer to: %w", st.Name, err)
		}
		if p != nil {
			l.Problems = append(l.Problems, kernel.Problem{Path: "stages." + st.Name + "." + use.Path, Message: "a check of the stage: " + p.Message, Fix: p.Fix})
		}
	}
	return nil
}

// sought is what is known of a reference: a problem, or none.
type sought struct {
	problem *kernel.Problem
	// unseen says that nobody knows whether there is one.
	unseen bool
}

func seek(ctx context.Context, secrets Secrets, st stage.Stage, where kernel.Scope, r secretref.Reference) (s sought, err error) {
	if st.Runtime != stage.RuntimeKubernetes {
		s.problem, err = secrets.Missing(ctx, where, r)
		return s, err
	}
	p, kept, err := secrets.Unvaulted(ctx, where, r)
	if err != nil || kept {
		return sought{problem: p}, err
	}
	return sought{unseen: true, problem: &kernel.Problem{
		Message: fmt.Sprintf("nobody knows whether the pods of %s get %s: nothing keeps a key vault filled for it", st.Name, r),
		Fix:     fmt.Sprintf("terrace secret sync set --stage %s", st.Name),
	}}, nil
}

// UnsuppliedOf returns a problem for each input of a module that gets a secret which is not in the
// stage, at its place in the definition as it is now.
func UnsuppliedOf(ctx context.Context, secrets Secrets, written Definitions, where kernel.Scope, g *graph.Graph) (problems []kernel.Problem, err error) {
	for _, use := range g.SecretUses() {
		p, err := secrets.Missing(ctx, where, use.Reference)
		if err != nil {
			return nil, fmt.Errorf("look for what the definition %s refers to: %w", use.Definition, err)
		}
		if p == nil {
			continue
		}
		placed := kernel.Problem{Path: "spec.inputs." + use.Input, Message: fmt.Sprintf("the definition %s for %s: %s", use.Definition, use.UID, p.Message), Fix: p.Fix}
		if err := locate(ctx, written, where, use, &placed); err != nil {
			return nil, err
		}
		problems = append(problems, placed)
	}
	return problems, nil
}

// locate finds what a definition refers to in its source. A release keeps its definitions as they
// were: one that has changed since, or is gone, has no such place any more.
func locate(ctx context.Context, written Definitions, where kernel.Scope, use graph.SecretUse, p *kernel.Problem) error {
	if written == nil {
		return nil
	}
	file, source, err := written.Written(ctx, where, use.Definition)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if path, at, found := graph.Referred(file, source, use.Input, use.Reference); found {
		p.File, p.Line, p.Column, p.Path = file, at.Line, at.Column, path
	}
	return nil
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
	lacking, err := LackingOf(ctx, s.Secrets, st, where, w)
	if err != nil || len(lacking.Problems) == 0 {
		return err
	}
	return MissingIn(st.Name, w, lacking.Problems)
}

// MissingIn is the refusal of a workload whose secrets are not in a stage.
func MissingIn(stageName string, w *workload.Workload, problems []kernel.Problem) error {
	return kernel.Errorf(kernel.Refused, "%s refers to secrets that are not in %s", w.Name, stageName).WithProblems(problems...)
}

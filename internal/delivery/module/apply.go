package module

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ApplyDefinition creates or changes the definition called name. Applying the same source again changes nothing.
// Invalid: the source breaks a rule, or its module or one of its inputs does
// not exist. Conflict: another definition has one of its criteria.
func (s *Service) ApplyDefinition(ctx context.Context, scope kernel.Scope, name string, source []byte) (Stored, error) {
	d, err := s.readDefinition(ctx, scope, name, source)
	if err != nil {
		return Stored{}, err
	}
	if err := s.mine(ctx, scope, name); err != nil {
		return Stored{}, err
	}
	return s.apply(ctx, scope, d, source)
}

// readDefinition reads what somebody who may apply it offers as the definition called name.
func (s *Service) readDefinition(ctx context.Context, scope kernel.Scope, name string, source []byte) (graph.Definition, error) {
	if err := s.authorize(ctx, "definition.apply", scope); err != nil {
		return graph.Definition{}, err
	}
	if len(source) > MaxSource {
		return graph.Definition{}, kernel.Errorf(kernel.TooLarge, "the definition is larger than %d KiB", MaxSource>>10)
	}
	d, err := graph.ParseDefinition(name+".yaml", source)
	if err != nil {
		return graph.Definition{}, err
	}
	if d.Name != name {
		return graph.Definition{}, kernel.Errorf(kernel.Invalid, "the definition calls itself %q, not %q", d.Name, name).
			WithFix("use the same name in both places")
	}
	_, err = graph.NewIndex([]graph.Definition{d})
	return d, err
}

func (s *Service) apply(ctx context.Context, scope kernel.Scope, d graph.Definition, source []byte) (Stored, error) {
	claims, err := claimsOf(d)
	if err != nil {
		return Stored{}, err
	}
	if err := s.checkModule(ctx, scope, d, source); err != nil {
		return Stored{}, err
	}
	var stored Stored
	err = s.deps.Tx.InTx(ctx, func(ctx context.Context) error {
		stored, err = s.put(ctx, tenantOf(scope), d, source, claims)
		return err
	})
	return stored, err
}

func (s *Service) put(ctx context.Context, scope kernel.Scope, d graph.Definition, source []byte, claims []Claim) (Stored, error) {
	before, err := s.deps.Definitions.Get(ctx, scope, d.Name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return Stored{}, err
	}
	stored := Stored{
		Name: d.Name, Type: d.Type, Source: string(source), Digest: kernel.DigestOf(source),
		Revision: before.Revision + 1, UpdatedBy: actorID(ctx), UpdatedAt: s.deps.Clock.Now(),
	}
	if before.Digest == stored.Digest {
		return before, nil
	}
	if err := s.checkClaims(ctx, scope, d, claims); err != nil {
		return Stored{}, err
	}
	if err := s.deps.Definitions.Put(ctx, scope, stored, claims); err != nil {
		return Stored{}, err
	}
	return stored, s.deps.Journal.Record(ctx, kernel.Fact{
		Type: "definition.applied", Scope: scope, Subject: d.Name,
		Data: map[string]any{"definition": d.Name, "type": d.Type, "revision": stored.Revision, "digest": stored.Digest},
	})
}

// checkClaims names the definition that holds a claim already.
func (s *Service) checkClaims(ctx context.Context, scope kernel.Scope, d graph.Definition, claims []Claim) error {
	others, err := s.All(ctx, scope)
	if err != nil {
		return err
	}
	return claimed(others, d, claims)
}

// claimed is a Conflict where one of the others has one of d's claims.
func claimed(others []graph.Definition, d graph.Definition, claims []Claim) error {
	for _, other := range others {
		if other.Name == d.Name || other.Type != d.Type {
			continue
		}
		held, err := claimsOf(other)
		if err != nil {
			return err
		}
		for _, claim := range claims {
			if slices.Contains(held, claim) {
				return kernel.Errorf(kernel.Conflict, "definition %s has the same criterion %s for type %s already", other.Name, claim.Criterion, d.Type).
					WithFix("make one of the two more specific, or delete %s", other.Name)
			}
		}
	}
	return nil
}

// checkModule makes sure that the definition's module exists and takes its inputs, as
// the source has them.
func (s *Service) checkModule(ctx context.Context, scope kernel.Scope, d graph.Definition, source []byte) error {
	pin, err := s.Resolve(ctx, scope, d.Module)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Invalid) {
		return invalidModule(d, source, err)
	}
	if err != nil {
		return err
	}
	var problems []kernel.Problem
	for _, input := range slices.Sorted(maps.Keys(d.Inputs)) {
		if !slices.Contains(pin.Inputs, input) {
			problems = append(problems, kernel.Problem{
				Path: "spec.inputs." + input, Message: fmt.Sprintf("module %s %s has no input %q", pin.Source, pin.Version, input),
				Fix: "its inputs are " + strings.Join(pin.Inputs, ", "),
			})
		}
	}
	problems = append(problems, missingOutputs(pin, d)...)
	problems = append(problems, d.Shown(pin)...)
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "definition %s does not fit its module", d.Name).
			WithProblems(graph.Placed(d.Name+".yaml", source, problems)...)
	}
	return nil
}

// missingOutputs tells which outputs the definition names that the module does not have.
func missingOutputs(pin graph.ModulePin, d graph.Definition) (problems []kernel.Problem) {
	named := d.ModuleOutputs()
	for _, output := range slices.Sorted(maps.Keys(named)) {
		for _, name := range named[output] {
			if !slices.Contains(pin.Outputs, name) {
				problems = append(problems, kernel.Problem{
					Path: "spec.outputs." + output, Message: fmt.Sprintf("module %s %s has no output %q", pin.Source, pin.Version, name),
					Fix: "its outputs are " + strings.Join(pin.Outputs, ", "),
				})
			}
		}
	}
	return problems
}

func invalidModule(d graph.Definition, source []byte, err error) error {
	problem := kernel.Problem{Path: "spec.module", Message: err.Error()}
	if cause, ok := errors.AsType[*kernel.Error](err); ok {
		problem.Message, problem.Fix = cause.Message, cause.Fix
	}
	return kernel.Errorf(kernel.Invalid, "definition %s does not fit the registry", d.Name).
		WithProblems(graph.Placed(d.Name+".yaml", source, []kernel.Problem{problem})...)
}

// DeleteDefinition removes a definition. As long as deployments live whose
// resources it serves, it is a Conflict that lists them.
func (s *Service) DeleteDefinition(ctx context.Context, scope kernel.Scope, name string) error {
	scope = tenantOf(scope)
	if err := s.authorize(ctx, "definition.delete", scope); err != nil {
		return err
	}
	if _, err := s.deps.Definitions.Get(ctx, scope, name); err != nil {
		return err
	}
	if err := s.mine(ctx, scope, name); err != nil {
		return err
	}
	live, err := s.deps.Live.Using(ctx, scope, name)
	if err != nil {
		return fmt.Errorf("find what definition %s serves: %w", name, err)
	}
	if len(live) > 0 {
		return inUse(name, live)
	}
	return s.deps.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.deps.Definitions.Delete(ctx, scope, name); err != nil {
			return err
		}
		return s.deps.Journal.Record(ctx, kernel.Fact{
			Type: "definition.deleted", Scope: scope, Subject: name, Data: map[string]any{"definition": name},
		})
	})
}

func inUse(name string, live []Deployment) error {
	problems := make([]kernel.Problem, 0, len(live))
	for _, d := range live {
		problems = append(problems, kernel.Problem{
			Path:    d.Project + "/" + d.Workload + "/" + d.Stage,
			Message: fmt.Sprintf("%s of workload %s on stage %s is served by it", d.Resource, d.Workload, d.Stage),
			Fix:     "deploy it with another definition, or destroy it",
		})
	}
	return kernel.Errorf(kernel.Conflict, "definition %s serves %d resources that live", name, len(live)).
		WithFix("move them to another definition first").WithProblems(problems...)
}

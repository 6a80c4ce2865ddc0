package landingzone

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// MaxInputs bounds the references that are asked for at once.
const MaxInputs = 200

// The actions that the secrets of projects ask permission for.
const (
	actionSecret = "secret.read"
	actionSee    = "workload.read"
)

// Secrets has the secrets of projects. It asks nobody's rights for what is Missing.
type Secrets interface {
	// Missing tells why a reference means nothing in a stage, nil where it means a value.
	Missing(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error)
	// Resolve returns the value and its version to an actor who may read it, and records that.
	Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error)
}

// Input is a secret that a landing zone is applied with.
type Input struct {
	Reference string
	// Version and Value are of what the reference means; they are empty where it was only looked for.
	Version int
	Value   string
}

// Inputs looks for what the inputs of a stage's landing zone refer to, and with read returns the values. A
// reference is of the stage, ${secret:PROJECT/NAME}: a landing zone is of no project. Who reads needs secret.read
// there, who looks workload.read. What is missing is Refused, all of it at once.
func (s *Service) Inputs(ctx context.Context, scope kernel.Scope, stage string, references []string, read bool) ([]Input, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.allowed(ctx, ActionRead, scope, stage); err != nil {
		return nil, err
	}
	if len(references) > MaxInputs {
		return nil, kernel.Errorf(kernel.TooLarge, "these are %d references, and %d are looked for at once", len(references), MaxInputs)
	}
	found, err := located(scope, stage, references)
	if err != nil {
		return nil, err
	}
	if err := s.lacking(ctx, stage, found, read); err != nil {
		return nil, err
	}
	inputs := make([]Input, len(found))
	for i, f := range found {
		inputs[i].Reference = f.text
		if !read {
			continue
		}
		if inputs[i].Value, inputs[i].Version, err = s.Secrets.Resolve(ctx, f.scope, f.reference); err != nil {
			return nil, err
		}
	}
	return inputs, nil
}

// place is a reference with whose it is.
type place struct {
	text      string
	scope     kernel.Scope
	reference secretref.Reference
}

func located(scope kernel.Scope, stage string, references []string) ([]place, error) {
	var all []place
	var problems []kernel.Problem
	for _, text := range references {
		r, is, err := secretref.Whole(text)
		project, name, split := strings.Cut(r.Name, "/")
		switch {
		case !is:
			err = errors.New("this is no reference to a secret")
		case err == nil && !split:
			err = fmt.Errorf("%s does not say whose secret is meant", text)
		}
		if err != nil {
			problems = append(problems, kernel.Problem{Path: text, Message: err.Error(), Fix: "write ${secret:PROJECT/NAME} here: it is of the landing zone's stage"})
			continue
		}
		r.Name = name
		all = append(all, place{text, scope.InProject(project).InStage(stage), r})
	}
	if len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the inputs of the landing zone of %s have references that mean nothing", stage).WithProblems(problems...)
	}
	return all, nil
}

// lacking refuses with all that is not there, once it is known that the actor may be told.
func (s *Service) lacking(ctx context.Context, stage string, all []place, read bool) error {
	action := actionSee
	if read {
		action = actionSecret
	}
	for _, p := range all {
		if err := s.Authorizer.Authorize(ctx, action, p.scope); err != nil {
			return err
		}
	}
	var problems []kernel.Problem
	for _, p := range all {
		missing, err := s.Secrets.Missing(ctx, p.scope, p.reference)
		if err != nil {
			return err
		}
		if missing != nil {
			problems = append(problems, kernel.Problem{Path: p.text, Message: missing.Message, Fix: inProject(missing.Fix, p.scope.Project)})
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "the inputs of the landing zone of %s refer to secrets that are not there", stage).WithProblems(problems...)
}

// inProject says in a command of the client which project it is about.
func inProject(fix, project string) string {
	if strings.HasPrefix(fix, "terrace secret set ") {
		return fix + " --project " + project
	}
	return fix
}

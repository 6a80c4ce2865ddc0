// Package landingzone keeps what the landing zone of each stage gives to the
// workloads on it: the outputs of iac/, as terraform prints them.
//
// It owns their versions, which never change, and their digests. It holds no
// secret: outputs that terraform calls sensitive are refused, and what inputs refer to is read
// for who applies a landing zone and may read it. It applies no landing zone, and does not know what the outputs mean: definitions do.
package landingzone

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxSize bounds the values of one version, in bytes of JSON.
const MaxSize = 256 << 10

// Documents is the name under which definitions find what the documents of the gateway are
// on a stage; no landing zone gives it.
const Documents = "gateway_documents"

// The actions that the service asks permission for.
const (
	ActionRead = "landing-zone.read"
	ActionSet  = "landing-zone.set"
)

// Version is what a stage's landing zone gave from one moment on.
type Version struct {
	Stage string
	// Number counts the versions of the stage from 1; 0 is none.
	Number int
	// Values are the outputs by name, as JSON has them.
	Values map[string]any
	Digest kernel.Digest
	// SetBy is the name of who set it.
	SetBy string
	SetAt time.Time
}

// Output is one output as `terraform output -json` prints it.
type Output struct {
	Sensitive bool
	Value     any
}

// Store keeps the versions. Every call is about the tenant of its scope.
type Store interface {
	// Insert adds a version; Conflict when there is one of the same number.
	Insert(ctx context.Context, scope kernel.Scope, v Version) error
	// Newest returns the newest version of the stage; NotFound when there is none.
	Newest(ctx context.Context, scope kernel.Scope, stage string) (Version, error)
	// Get returns one version; NotFound when there is none.
	Get(ctx context.Context, scope kernel.Scope, stage string, number int) (Version, error)
	// List returns the versions of a stage, the newest first.
	List(ctx context.Context, scope kernel.Scope, stage string, r kernel.PageRequest) (kernel.Page[Version], error)
}

// Stages knows which stages there are.
type Stages interface {
	Check(stage string) error
}

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal records facts, in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in a transaction that travels in its context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Service keeps landing zones. All but Clock is required.
type Service struct {
	// Secrets has what the inputs of landing zones refer to.
	Secrets Secrets

	Store      Store
	Stages     Stages
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
}

// Set makes the outputs the newest version of the stage's landing zone. The
// same values again change nothing. A sensitive output is Invalid.
func (s *Service) Set(ctx context.Context, scope kernel.Scope, stage string, outputs map[string]Output) (Version, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.allowed(ctx, ActionSet, scope, stage); err != nil {
		return Version{}, err
	}
	values, err := valuesOf(outputs)
	if err != nil {
		return Version{}, err
	}
	v := Version{Stage: stage, Values: values, SetAt: s.Clock.Now()}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		v.SetBy = actor.Name
	}
	if v.Digest, err = kernel.DigestJSON(values); err != nil {
		return Version{}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		v, err = s.add(ctx, scope, v)
		return err
	})
	return v, err
}

func (s *Service) allowed(ctx context.Context, action string, scope kernel.Scope, stage string) error {
	if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
		return err
	}
	return s.Stages.Check(stage)
}

func (s *Service) add(ctx context.Context, scope kernel.Scope, v Version) (Version, error) {
	newest, err := s.Store.Newest(ctx, scope, v.Stage)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return Version{}, err
	}
	if newest.Digest == v.Digest {
		return newest, nil
	}
	v.Number = newest.Number + 1
	err = s.Store.Insert(ctx, scope, v)
	if kernel.Is(err, kernel.Conflict) {
		return Version{}, kernel.Errorf(kernel.Conflict, "somebody else set the landing zone of %s at the same moment", v.Stage).
			WithFix("see what it is now with: terrace landing-zone show --stage %s, and set it again", v.Stage)
	}
	if err != nil {
		return Version{}, err
	}
	return v, s.Journal.Record(ctx, kernel.Fact{
		Type: "landing-zone.set", Scope: kernel.Scope{Tenant: scope.Tenant, Stage: v.Stage}, Subject: v.Stage,
		Data: map[string]any{"version": v.Number, "digest": v.Digest, "before": newest.Digest},
	})
}

var namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,127}$`)

// valuesOf checks the outputs and returns their values; those that are null
// are left out.
func valuesOf(outputs map[string]Output) (map[string]any, error) {
	values, problems := map[string]any{}, []kernel.Problem(nil)
	for name, output := range outputs {
		switch {
		case !namePattern.MatchString(name):
			problems = append(problems, kernel.Problem{Path: name, Message: fmt.Sprintf("%q is not the name of an output", name)})
		case name == Documents:
			problems = append(problems, kernel.Problem{
				Path: name, Message: "the documents of the gateway go by this name", Fix: "give the output another name",
			})
		case output.Sensitive:
			problems = append(problems, kernel.Problem{
				Path: name, Message: "the output " + name + " is sensitive, and no secret is kept here",
				Fix: "leave it out of the outputs of the landing zone: workloads get secrets from the key vault",
			})
		case output.Value != nil:
			values[name] = output.Value
		}
	}
	if len(problems) > 0 {
		slices.SortFunc(problems, func(a, b kernel.Problem) int { return strings.Compare(a.Path, b.Path) })
		return nil, kernel.Errorf(kernel.Invalid, "the outputs cannot be taken").WithProblems(problems...)
	}
	if len(values) == 0 {
		return nil, kernel.Errorf(kernel.Invalid, "there are no outputs").WithFix("give what `terraform output -json` prints in iac/ after an apply")
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the outputs are no JSON: %w", err)
	}
	if len(raw) > MaxSize {
		return nil, kernel.Errorf(kernel.TooLarge, "the outputs have %d bytes, at most %d are kept", len(raw), MaxSize)
	}
	return values, nil
}

// Get returns a version of the stage's landing zone, the newest for number 0.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, stage string, number int) (Version, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.allowed(ctx, ActionRead, scope, stage); err != nil {
		return Version{}, err
	}
	newest, err := s.Store.Newest(ctx, scope, stage)
	if kernel.Is(err, kernel.NotFound) {
		return Version{}, kernel.Errorf(kernel.NotFound, "no outputs of the landing zone of %s are known", stage).
			WithFix("set them with: terrace landing-zone set --stage %s --file outputs.json", stage)
	}
	if err != nil || number == 0 {
		return newest, err
	}
	v, err := s.Store.Get(ctx, scope, stage, number)
	if kernel.Is(err, kernel.NotFound) {
		return Version{}, kernel.Errorf(kernel.NotFound, "the landing zone of %s has no version %d", stage, number).
			WithFix("the newest is %d; see all with: terrace landing-zone show --stage %s --versions", newest.Number, stage)
	}
	return v, err
}

// List returns the versions of the stage's landing zone, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, stage string, r kernel.PageRequest) (kernel.Page[Version], error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.allowed(ctx, ActionRead, scope, stage); err != nil {
		return kernel.Page[Version]{}, err
	}
	return s.Store.List(ctx, scope, stage, r)
}

// Current returns the newest version, an empty one where there is none. It asks
// for no permission: a service that was allowed to do its work calls it for
// that work.
func (s *Service) Current(ctx context.Context, scope kernel.Scope, stage string) (Version, error) {
	v, err := s.Store.Newest(ctx, kernel.Scope{Tenant: scope.Tenant}, stage)
	if kernel.Is(err, kernel.NotFound) {
		return Version{Stage: stage}, nil
	}
	return v, err
}

package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretsFile has the values of the secrets that go into modules. It is in no root module,
// and is made for each phase: the tool reads every file with this ending by itself.
const SecretsFile = "secrets.auto.tfvars.json"

// unread is what a variable has whose secret is not read.
const unread = "(this secret is not read)"

// SecretInput is a secret that goes into a module.
type SecretInput struct {
	// Reference is as the definition has it.
	Reference string `json:"reference"`
	// Version is the one that the plan was made with; 0 where its value was made up.
	Version int `json:"version,omitempty"`
}

// given returns the file with the values of the secrets that modules get. An apply, and
// what is planned of it anew, gets the versions that its plan was made with.
func (e *execution) given(ctx context.Context, phase string, root Root) (map[string][]byte, error) {
	if e.secrets = nil; len(root.Secrets) == 0 {
		return nil, nil
	}
	if phase == "apply" || e.run.Status != Queued && e.run.Status != Planning {
		e.secrets = slices.Clone(e.run.Secrets)
	}
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(root.Secrets)) {
		r, err := secretref.Parse(root.Secrets[name])
		if err != nil {
			return nil, fmt.Errorf("the reference of the variable %s: %w", name, err)
		}
		if values[name], err = e.value(ctx, r); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(values)
	return map[string][]byte{SecretsFile: text}, err
}

// value reads a secret in the version that is pinned already, else in the one that is meant.
func (e *execution) value(ctx context.Context, r secretref.Reference) (string, error) {
	in, pinned := SecretInput{Reference: r.String()}, r
	known := slices.IndexFunc(e.secrets, func(o SecretInput) bool { return o.Reference == in.Reference })
	if known >= 0 {
		pinned.Version = e.secrets[known].Version
	}
	if e.run.Unmerged || e.s.Secrets == nil || known >= 0 && pinned.Version == 0 {
		e.pin(known, in)
		return unread, nil
	}
	value, version, err := e.s.Secrets.Value(ctx, e.scope, pinned, "run "+e.id)
	switch {
	case err == nil:
		in.Version = version
		e.pin(known, in)
		return value, nil
	case kernel.Is(err, kernel.NotFound) && e.run.Operation == Destroy, e.run.DryRun && (kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Invalid)):
		e.pin(known, in) // what goes needs no value, and of what is only planned the gate tells
		return unread, nil
	case kernel.Is(err, kernel.NotFound):
		return "", e.unmeant(r, err).WithFix("%s", r.Command(e.scope.Stage))
	case kernel.Is(err, kernel.Invalid):
		return "", e.unmeant(r, err).WithFix("write ${secret:%s#KEY} in the definition, with the key that is meant", r.Name)
	default:
		return "", fmt.Errorf("read the secret %s for a module: %w", r, err)
	}
}

// unmeant is the error of a reference that means no value.
func (e *execution) unmeant(r secretref.Reference, err error) *kernel.Error {
	return kernel.Errorf(kernel.Refused, "a definition gives the secret %s to a module in %s: %w", r, e.scope.Stage, err)
}

func (e *execution) pin(known int, in SecretInput) {
	if known < 0 {
		e.secrets = append(e.secrets, in)
	}
}

// supplied refuses a release whose definitions give secrets to modules that are not in the
// stage. Who may not know which there are is told nothing.
func (s *Service) supplied(ctx context.Context, st stage.Stage, where kernel.Scope, r release.Release, d DeployRequest) error {
	if s.Secrets == nil || d.DryRun || s.Authorizer.Authorize(ctx, actionSee, where) != nil {
		return nil
	}
	g, _, err := s.Releases.Graph(ctx, r, st)
	if err != nil {
		return err
	}
	problems, err := UnsuppliedOf(ctx, s.Secrets, s.Catalog, where, g)
	if err != nil || len(problems) == 0 {
		return err
	}
	return kernel.Errorf(kernel.Refused, "what %s needs gets secrets that are not in %s", r.Workload, st.Name).WithProblems(problems...)
}

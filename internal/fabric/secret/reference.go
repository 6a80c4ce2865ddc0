package secret

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Resolve returns the value that a reference means, and its version, for an actor with
// secret.read: a text as it is, and anything else as JSON. It is NotFound where there is no
// such secret, key or version, and Invalid where a key has to be named.
func (s *Service) Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error) {
	v, plain, err := s.read(ctx, scope, r.Name, r.Version)
	if err != nil {
		return "", 0, err
	}
	value, err = v.value(plain, r)
	return value, v.Version, err
}

// Check tells whether a reference could be resolved by the actor of ctx, and which version
// it means. Nobody gets a value, so that it is not recorded as a read.
func (s *Service) Check(ctx context.Context, scope kernel.Scope, r secretref.Reference) (version int, err error) {
	if err := s.Authorizer.Authorize(ctx, "secret.read", scope); err != nil {
		return 0, err
	}
	v, plain, err := s.opened(ctx, scope, r.Name, r.Version)
	if err != nil {
		return 0, err
	}
	_, err = v.value(plain, r)
	return v.Version, err
}

func (v Version) value(plain []byte, r secretref.Reference) (string, error) {
	if r.Key == "" && v.Fields {
		return "", kernel.Errorf(kernel.Invalid, "secret %s has several keys with values", r.Name).WithFix("name one of them: ${secret:%s#KEY}", r.Name)
	}
	if r.Key == "" {
		return string(plain), nil
	}
	d, err := v.data(plain)
	if err != nil {
		return "", err
	}
	text, ok := d.Text(r.Key)
	if !ok {
		return "", kernel.Errorf(kernel.NotFound, "secret %s has no key %q", r.Name, r.Key)
	}
	return text, nil
}

// Locate returns the stage and the reference within it that a reference means which stands
// outside of a stage: STAGE/NAME in a project, PROJECT/STAGE/NAME in a tenant. What stands
// in a project can name nothing of another.
func (s *Service) Locate(of kernel.Scope, r secretref.Reference) (kernel.Scope, secretref.Reference, error) {
	form, rest, ok := "STAGE/NAME", r.Name, true
	if of.Project == "" {
		form = "PROJECT/STAGE/NAME"
		var project string
		project, rest, ok = strings.Cut(rest, "/")
		of = of.InProject(project)
	}
	stage, name, named := strings.Cut(rest, "/")
	if !ok || !named {
		return of, r, kernel.Errorf(kernel.Invalid, "%s does not say whose secret is meant", r).WithFix("write ${secret:%s} here", form)
	}
	if err := s.Stages.Check(stage); err != nil {
		return of, r, err
	}
	r.Name = name
	return of.InStage(stage), r, nil
}

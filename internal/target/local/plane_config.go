package local

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// configPlane lets workloads read their configuration, and keeps their tokens with the
// secret store.
type configPlane struct {
	passive

	configs ConfigAccess
	secrets Secrets
}

func (p *configPlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[configSpec](k, spec)
	return err
}

func (p *configPlane) apply(ctx context.Context, k Key, raw json.RawMessage, _ *Object) (change, error) {
	spec, err := decode[configSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	password, err := p.password(ctx, k, spec)
	if err != nil {
		return change{}, err
	}
	at, err := p.configs.EnsureConfig(ctx, k.Scope, k.Name, spec.Workload, password)
	return change{outputs: configOutputs(k, spec, at)}, err
}

// password is the value of the declared secret, or of one that is made for the token.
func (p *configPlane) password(ctx context.Context, k Key, spec configSpec) (string, error) {
	if spec.Secret == "" {
		return ensurePassword(ctx, p.secrets, k, passwordName(k))
	}
	return reveal(ctx, p.secrets, k.Scope, k.String(), secretref.Reference{Name: spec.Secret})
}

func configOutputs(k Key, spec configSpec, at ConfigEndpoints) Outputs {
	return Outputs{
		"url": at.URL, "ofrep": at.OFREP, "stream": at.Stream, "token_prefix": at.TokenPrefix,
		"token_reference": at.TokenPrefix + reference(spec.secretOf(k)),
	}
}

func (p *configPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	workload, at, err := p.configs.Config(ctx, o.Scope, o.Name)
	if err != nil {
		return o, kernel.Is(err, kernel.NotFound), unlessMissing(err)
	}
	spec, err := decode[configSpec](o.Key, o.Spec)
	if err != nil {
		return o, false, err
	}
	o.Outputs, spec.Workload = configOutputs(o.Key, spec, at), workload
	o.Spec, err = json.Marshal(spec) //nolint:gosec // it has the name of a secret
	return o, false, err
}

func (p *configPlane) remove(ctx context.Context, o Object) error {
	if err := p.configs.DeleteConfig(ctx, o.Scope, o.Name); err != nil {
		return err
	}
	return p.secrets.Delete(ctx, o.Scope, passwordName(o.Key))
}

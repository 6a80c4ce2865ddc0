package local

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
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
	password, err := ensurePassword(ctx, p.secrets, k.Scope, passwordName(k))
	if err != nil {
		return change{}, err
	}
	at, err := p.configs.EnsureConfig(ctx, k.Scope, k.Name, spec.Workload, password)
	return change{outputs: configOutputs(k, at)}, err
}

func configOutputs(k Key, at ConfigEndpoints) Outputs {
	return Outputs{"url": at.URL, "ofrep": at.OFREP, "stream": at.Stream, "token_reference": at.TokenPrefix + reference(passwordName(k))}
}

func (p *configPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	workload, at, err := p.configs.Config(ctx, o.Scope, o.Name)
	if err != nil {
		return o, kernel.Is(err, kernel.NotFound), unlessMissing(err)
	}
	o.Outputs = configOutputs(o.Key, at)
	o.Spec, err = json.Marshal(configSpec{Workload: workload})
	return o, false, err
}

func (p *configPlane) remove(ctx context.Context, o Object) error {
	if err := p.configs.DeleteConfig(ctx, o.Scope, o.Name); err != nil {
		return err
	}
	return p.secrets.Delete(ctx, o.Scope, passwordName(o.Key))
}

package local

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// documentPlane keeps document databases with the platform, and their tokens with the
// secret store.
type documentPlane struct {
	passive

	documents Documents
	secrets   Secrets
}

func (p *documentPlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[documentsSpec](k, spec)
	return err
}

func (p *documentPlane) apply(ctx context.Context, k Key, raw json.RawMessage, _ *Object) (change, error) {
	spec, err := decode[documentsSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	password, err := ensurePassword(ctx, p.secrets, k, passwordName(k))
	if err != nil {
		return change{}, err
	}
	at, err := p.documents.EnsureDatabase(ctx, k.Scope, k.Name, spec.Collections, password)
	return change{outputs: documentOutputs(k, at)}, err
}

func documentOutputs(k Key, at DocumentAccess) Outputs {
	return Outputs{"url": at.URL, "token_reference": at.TokenPrefix + reference(passwordName(k))}
}

func (p *documentPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	collections, at, err := p.documents.Database(ctx, o.Scope, o.Name)
	if err != nil {
		return o, kernel.Is(err, kernel.NotFound), unlessMissing(err)
	}
	o.Outputs = documentOutputs(o.Key, at)
	o.Spec, err = json.Marshal(documentsSpec{Collections: collections})
	return o, false, err
}

func (p *documentPlane) remove(ctx context.Context, o Object) error {
	if err := p.documents.DeleteDatabase(ctx, o.Scope, o.Name); err != nil {
		return err
	}
	return p.secrets.Delete(ctx, o.Scope, passwordName(o.Key))
}

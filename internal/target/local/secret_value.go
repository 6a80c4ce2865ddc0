package local

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretValue returns the value of a secret that the caller's stack declares,
// for an argument that terraform keeps nowhere. While a run only plans it is a
// value that is made up and thrown away, as long and of the same characters: a
// plan never sees a secret.
func (s *Service) SecretValue(ctx context.Context, c Caller, name string) (string, error) {
	k := Key{Scope: c.Scope, Kind: SecretsKind, Name: name}
	if err := checkKey(k); err != nil {
		return "", err
	}
	o, err := s.recorded(ctx, k)
	if err != nil {
		return "", err
	}
	if !c.MayWrite {
		return madeUp(o), nil
	}
	if o == nil {
		return "", kernel.Errorf(kernel.NotFound, "there is no %s", k).WithFix("declare it as a terrace_secret of the same configuration")
	}
	if !slices.ContainsFunc(o.Owners, func(owner Owner) bool { return owner.Stack == c.Stack }) {
		return "", kernel.Errorf(kernel.Denied, "%s belongs to other stacks than %s, and only a stack that declares a secret gets its value", k, c.Stack).
			WithFix("declare it as a terrace_secret of the same configuration")
	}
	return s.handOver(ctx, c, k)
}

// handOver reveals the value and records who got it, if the caller still holds its stack.
func (s *Service) handOver(ctx context.Context, c Caller, k Key) (value string, err error) {
	err = s.config.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.config.Fences.CheckFence(ctx, c.Stack, c.Fence); err != nil {
			return err
		}
		if value, err = reveal(ctx, s.config.Secrets, k.Scope, "stack "+c.Stack, secretref.Reference{Name: k.Name}); err != nil {
			return err
		}
		return s.config.Journal.Record(ctx, kernel.Fact{
			Type: "secret.handed-over", Scope: k.Scope, Subject: k.Name, Data: map[string]any{"stack": c.Stack},
		})
	})
	return value, err
}

// madeUp returns a value like that of the secret, which need not be there yet.
func madeUp(o *Object) string {
	length := passwordLength
	var spec secretSpec
	if o != nil && json.Unmarshal(o.Spec, &spec) == nil && spec.Length > 0 {
		length = spec.Length
	}
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)[:length]
}

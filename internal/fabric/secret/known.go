package secret

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Known knows values again where they turn up, without having them. It is told in the
// transaction that changes what there is.
type Known interface {
	// Keep has the values of a version known from here on.
	Keep(ctx context.Context, scope kernel.Scope, name string, version int, values []string) error
	// Forget has versions of a secret not known any more; none are all.
	Forget(ctx context.Context, scope kernel.Scope, name string, versions ...int) error
	// Prune is Forget for all versions up to one.
	Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error
}

// nobody knows nothing.
type nobody struct{}

func (nobody) Keep(context.Context, kernel.Scope, string, int, []string) error { return nil }
func (nobody) Forget(context.Context, kernel.Scope, string, ...int) error      { return nil }
func (nobody) Prune(context.Context, kernel.Scope, string, int) error          { return nil }

func (s *Service) known() Known {
	if s.Known == nil {
		return nobody{}
	}
	return s.Known
}

// values are the texts of a version.
func (v Version) values(plain []byte) []string {
	if !v.Fields {
		return []string{string(plain)}
	}
	var all any
	if json.Unmarshal(plain, &all) != nil {
		return nil
	}
	return texts(all)
}

func texts(value any) (all []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, inner := range value {
			all = append(all, texts(inner)...)
		}
	case map[string]any:
		for _, inner := range value {
			all = append(all, texts(inner)...)
		}
	}
	return all
}

// unknownAtOnce bounds the versions that are made known in one transaction.
const unknownAtOnce = 50

// Acquaint has versions known that are not yet: those from before anybody was told. Nobody
// gets a value, so that it is no read; it is in the audit log as secret.indexed, with how
// many there were. What cannot be opened is passed by.
func (s *Service) Acquaint(ctx context.Context) error {
	if s.Known == nil {
		return nil
	}
	for passed := 0; ; {
		all, err := s.Store.Unknown(ctx, passed, unknownAtOnce)
		if err != nil || len(all) == 0 {
			return err
		}
		for tenant, versions := range byTenant(all) {
			skipped, err := s.acquaint(kernel.WithActor(ctx, kernel.System("secrets", tenant)), tenant, versions)
			if err != nil {
				return err
			}
			passed += skipped
		}
	}
}

func byTenant(all []Version) map[string][]Version {
	of := map[string][]Version{}
	for _, v := range all {
		of[v.Scope.Tenant] = append(of[v.Scope.Tenant], v)
	}
	return of
}

// acquaint opens the values before the transaction begins: that may ask a key vault, while
// others wait to write.
func (s *Service) acquaint(ctx context.Context, tenant string, all []Version) (skipped int, err error) {
	var opened []Version
	var values [][]string
	for _, v := range all {
		plain, err := s.open(ctx, v)
		if kernel.Is(err, kernel.Unavailable) || ctx.Err() != nil {
			return 0, errors.Join(err, ctx.Err())
		}
		if err == nil {
			opened, values = append(opened, v), append(values, v.values(plain))
		}
	}
	if len(opened) == 0 {
		return len(all), nil
	}
	return len(all) - len(opened), s.Tx.InTx(ctx, func(ctx context.Context) error {
		for n, v := range opened {
			// It may have been destroyed meanwhile.
			there, err := s.Store.SetKnown(ctx, v.Scope, v.Name, v.Version)
			if err != nil {
				return err
			}
			if !there {
				continue
			}
			if err := s.Known.Keep(ctx, v.Scope, v.Name, v.Version, values[n]); err != nil {
				return err
			}
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "secret.indexed", Scope: kernel.Scope{Tenant: tenant}, Subject: tenant, Data: map[string]any{"versions": len(opened)},
		})
	})
}

package vcssql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// keyed is a table of what a repository has one of per key.
type keyed[T any] struct {
	s *Store
	// table has the key in the column; one and many name what it has.
	table, column, one, many string
}

func (k keyed[T]) put(ctx context.Context, scope kernel.Scope, repository, key string, v T) error {
	body, err := db.Encode(v, k.one)
	if err != nil {
		return err
	}
	return k.s.exec(ctx, k.one+" "+key, "INSERT INTO "+k.table+" (repository, "+k.column+", tenant, project, body) VALUES (?, ?, ?, ?, ?) "+
		"ON CONFLICT (repository, "+k.column+") DO UPDATE SET body = excluded.body", repository, key, scope.Tenant, scope.Project, body)
}

func (k keyed[T]) remove(ctx context.Context, scope kernel.Scope, repository, key string) error {
	return k.s.change(ctx, k.one+" "+key, "DELETE FROM "+k.table+" WHERE repository = ? AND "+k.column+" = ? AND tenant = ? AND project = ?",
		repository, key, scope.Tenant, scope.Project)
}

func (k keyed[T]) list(ctx context.Context, scope kernel.Scope, repository string) ([]T, error) {
	var bodies []string
	err := k.s.db.Reader(ctx).NewRaw("SELECT body FROM "+k.table+" WHERE repository = ? AND tenant = ? AND project = ? ORDER BY "+k.column,
		repository, scope.Tenant, scope.Project).Scan(ctx, &bodies)
	return db.Bodies[T](bodies, err, k.many)
}

func (s *Store) bindings() keyed[vcs.Binding] {
	return keyed[vcs.Binding]{s, "vcs_bindings", "name", "binding", "bindings"}
}

func (s *Store) identities() keyed[vcs.Identity] {
	return keyed[vcs.Identity]{s, "vcs_identities", "login", "identity", "identities"}
}

// PutBinding adds or changes a binding.
func (s *Store) PutBinding(ctx context.Context, scope kernel.Scope, repository string, b vcs.Binding) error {
	return s.bindings().put(ctx, scope, repository, b.Name, b)
}

// RemoveBinding removes a binding.
func (s *Store) RemoveBinding(ctx context.Context, scope kernel.Scope, repository, name string) error {
	return s.bindings().remove(ctx, scope, repository, name)
}

// Bindings returns the bindings of a repository by name.
func (s *Store) Bindings(ctx context.Context, scope kernel.Scope, repository string) ([]vcs.Binding, error) {
	return s.bindings().list(ctx, scope, repository)
}

// PutIdentity says who a login is, whoever it was before.
func (s *Store) PutIdentity(ctx context.Context, scope kernel.Scope, repository string, i vcs.Identity) error {
	return s.identities().put(ctx, scope, repository, i.Login, i)
}

// RemoveIdentity makes a login nobody's.
func (s *Store) RemoveIdentity(ctx context.Context, scope kernel.Scope, repository, login string) error {
	return s.identities().remove(ctx, scope, repository, login)
}

// Identities returns those of a repository by login.
func (s *Store) Identities(ctx context.Context, scope kernel.Scope, repository string) ([]vcs.Identity, error) {
	return s.identities().list(ctx, scope, repository)
}

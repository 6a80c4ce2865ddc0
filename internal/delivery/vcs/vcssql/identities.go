package vcssql

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// PutIdentity says who a login is, whoever it was before.
func (s *Store) PutIdentity(ctx context.Context, scope kernel.Scope, repository string, i vcs.Identity) error {
	body, err := encode(i, "identity")
	if err != nil {
		return err
	}
	return s.exec(ctx, "identity "+i.Login, "INSERT INTO vcs_identities (repository, login, tenant, project, body) VALUES (?, ?, ?, ?, ?) "+
		"ON CONFLICT (repository, login) DO UPDATE SET body = excluded.body", repository, i.Login, scope.Tenant, scope.Project, body)
}

// RemoveIdentity makes a login nobody's.
func (s *Store) RemoveIdentity(ctx context.Context, scope kernel.Scope, repository, login string) error {
	return s.change(ctx, "identity "+login, "DELETE FROM vcs_identities WHERE repository = ? AND login = ? AND tenant = ? AND project = ?",
		repository, login, scope.Tenant, scope.Project)
}

// Identities returns those of a repository by login.
func (s *Store) Identities(ctx context.Context, scope kernel.Scope, repository string) ([]vcs.Identity, error) {
	var bodies []string
	err := s.db.Reader(ctx).NewRaw("SELECT body FROM vcs_identities WHERE repository = ? AND tenant = ? AND project = ? ORDER BY login",
		repository, scope.Tenant, scope.Project).Scan(ctx, &bodies)
	return decodeAll[vcs.Identity](bodies, err, "identities")
}

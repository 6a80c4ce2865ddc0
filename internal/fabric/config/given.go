package config

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// GivenID is the id of the token that the platform gives a name of a stage.
func GivenID(scope kernel.Scope, name string) string {
	sum := sha256.Sum256([]byte(scope.Tenant + "/" + scope.Project + "/" + scope.Stage + "/" + name))
	return "cfgt_" + hex.EncodeToString(sum[:13])
}

// EnsureToken has a secret, which begins with TokenPrefix, open a workload's configuration
// at the scope's stage, in place of the one that the name had. It asks nobody: the platform
// gives it to what is deployed.
func (s *Service) EnsureToken(ctx context.Context, scope kernel.Scope, name, workload, secret string) error {
	id := GivenID(scope, name)
	before, err := s.Store.Token(ctx, scope.Tenant, id)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	hash := hashOf(secret)
	if err == nil && before.Hash == hash && before.Workload == workload {
		return nil
	}
	actor, _ := kernel.ActorFrom(ctx)
	t := Token{ID: id, Scope: scope, Stage: scope.Stage, Workload: workload, Opens: AllScope, CreatedBy: actor.Name, CreatedAt: s.Clock.Now(), Hash: hash}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutToken(ctx, t); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.token-created", Scope: scope, Subject: id, Data: map[string]any{"workload": workload, "opens": string(AllScope)}})
	})
	if err == nil {
		s.Heard(scope.InProject(scope.Project))
	}
	return err
}

// GivenToken returns the token of a name of a stage. It asks nobody.
func (s *Service) GivenToken(ctx context.Context, scope kernel.Scope, name string) (Token, error) {
	return s.Store.Token(ctx, scope.Tenant, GivenID(scope, name))
}

// EndToken ends the token of a name of a stage; none is no error. It asks nobody.
func (s *Service) EndToken(ctx context.Context, scope kernel.Scope, name string) error {
	t, err := s.GivenToken(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.end(ctx, t)
}

package vaultsync

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Noting is the journal of secrets: a stage's sync takes note of what changes, in the
// transaction in which it does.
type Noting struct {
	Journal Journal
	Syncs   *Service
}

// Record implements secret.Journal.
func (n Noting) Record(ctx context.Context, f kernel.Fact) error {
	switch f.Type {
	case "secret.changed", "secret.deleted", "secret.version_deleted", "secret.version_undeleted", "secret.version_destroyed":
		if err := n.Syncs.Touch(ctx, f.Scope, f.Subject); err != nil {
			return err
		}
	}
	return n.Journal.Record(ctx, f)
}

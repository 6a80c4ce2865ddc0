package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// runSecrets has the secrets of stages for runs. What goes into a module is chosen by a
// definition, which admins of the tenant write, and is of the stage that it is deployed to: the
// platform reads it for the run, as it does for a container that starts there.
type runSecrets struct {
	secrets *secret.Service
	// delivery has the key vaults of stages, once they are made.
	delivery *delivery
}

// Missing implements run.Secrets.
func (a runSecrets) Missing(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error) {
	return a.secrets.Missing(ctx, scope, r)
}

// Unvaulted implements run.Secrets.
func (a runSecrets) Unvaulted(ctx context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, bool, error) {
	return a.delivery.vaults.Missing(ctx, scope, r)
}

// Value implements run.Secrets.
func (a runSecrets) Value(ctx context.Context, scope kernel.Scope, r secretref.Reference, reader string) (value string, version int, err error) {
	ctx = secretref.ReadFor(kernel.WithActor(ctx, kernel.System("run", scope.Tenant)), reader)
	return a.secrets.Resolve(ctx, scope, r)
}

// gateConfigs has the dynamic configuration of workloads, once it is made.
type gateConfigs struct{ delivery *delivery }

// Asks implements rungate.Configs.
func (g gateConfigs) Asks(ctx context.Context, scope kernel.Scope, workload string) (bool, error) {
	return g.delivery.configs.Asks(ctx, scope, workload)
}

// Lacks implements rungate.Configs.
func (g gateConfigs) Lacks(ctx context.Context, scope kernel.Scope, workload string) ([]kernel.Problem, error) {
	return g.delivery.configs.Lacks(ctx, scope, workload)
}

package app

import (
	"context"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// seedStages publishes what stages that came while running need.
func (a *App) seedStages(ctx context.Context) error {
	return a.seed(kernel.WithActor(ctx, kernel.System("stages", a.platform.config.Tenant)))
}

// seed publishes for every tenant what comes with Terrace for the targets and runtimes
// that there are stages of; the target local is always there.
func (a *App) seed(ctx context.Context) error {
	names, err := a.access.tenants.Names(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := a.Seed(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Seed implements tenant.Shipped.
func (a *App) Seed(ctx context.Context, name string) error {
	scope := kernel.Scope{Tenant: name}
	targets, runtimes := map[string]bool{stage.TargetLocal: true}, map[string]bool{}
	for _, st := range a.delivery.stages.All() {
		targets[st.Target], runtimes[st.Runtime] = true, true
	}
	var trees []iac.Tree
	for target := range targets {
		trees = append(trees, iac.Trees(target, "")...)
	}
	for runtime := range runtimes {
		trees = append(trees, iac.Trees("", runtime)...)
	}
	for _, tree := range trees {
		if _, err := a.delivery.modules.SeedTree(ctx, scope, tree.System, tree.Files); err != nil {
			return err
		}
	}
	return nil
}

package app

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	dynconfig "github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/fabric/document/database"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// newConfigs makes what keeps the configuration of projects and delivers it.
func newConfigs(p *platform, a *access, f *fabric, d *delivery, runs *runsql.Store) *dynconfig.Service {
	return dynconfig.New(dynconfig.Config{
		Store: configsql.NewStore(p.db), Tx: p.db, Authorizer: a.identity, Journal: a.journal, Repositories: d.repositories, Secrets: configSecrets{f.secrets},
		Stages: stageNames{d.stages}, Workloads: workloadNames{runs}, Projects: a.tenants, Node: p.config.Node, Log: p.log,
	})
}

// configSecrets has the values of secrets for the workloads that configuration is
// delivered to: a workload's token may have what the workload itself is started with.
type configSecrets struct{ secrets *secret.Service }

// Resolve implements dynconfig.Secrets.
func (c configSecrets) Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error) {
	return c.secrets.Resolve(kernel.WithActor(ctx, kernel.System("config", scope.Tenant)), scope, r)
}

// Unfit implements dynconfig.Secrets.
func (c configSecrets) Unfit(ctx context.Context, scope kernel.Scope, r secretref.Reference, judge func(value string) string) (*kernel.Problem, error) {
	return c.secrets.Unfit(ctx, scope, r, judge)
}

// stageNames are the stages in their order.
type stageNames struct{ stages *stage.Set }

// Names implements dynconfig.Stages.
func (s stageNames) Names() []string {
	all := s.stages.All()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}

// maxAffected bounds the workloads that a change of configuration is told for.
const maxAffected = 1000

// workloadNames are the workloads that were deployed.
type workloadNames struct{ runs *runsql.Store }

// Names implements dynconfig.Workloads.
func (w workloadNames) Names(ctx context.Context, scope kernel.Scope) ([]string, error) {
	var names []string
	for page := (kernel.PageRequest{Limit: kernel.MaxPageSize}); ; {
		found, err := w.runs.Workloads(ctx, scope, page)
		names = append(names, found.Items...)
		if err != nil || found.Next == "" || len(names) >= maxAffected {
			return names, err
		}
		page.Cursor = found.Next
	}
}

// At implements dynconfig.Workloads.
func (w workloadNames) At(ctx context.Context, scope kernel.Scope) ([]string, error) {
	all, err := w.runs.Deployments(ctx, scope, "")
	names := make([]string, 0, len(all))
	for _, d := range all {
		names = append(names, d.Workload)
	}
	return names, err
}

// configNews tells those who watch of what any daemon of the platform has changed.
type configNews struct {
	events  *event.Log
	configs *dynconfig.Service
}

// Run listens until ctx ends.
func (c configNews) Run(ctx context.Context) error {
	bounds, err := c.events.Bounds(ctx)
	if err != nil {
		return err
	}
	for follower := c.events.Follow(bounds.Last); ; {
		e, err := follower.Next(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end
		}
		if err != nil {
			return err
		}
		fact := e.Fact()
		if strings.HasPrefix(fact, "secret.") && dynconfig.Concerns(fact) || fact == "config.token-created" {
			if err := c.configs.SecretsChanged(ctx, e.Scope()); err != nil {
				return err
			}
		}
		if dynconfig.Concerns(fact) {
			c.configs.Heard(e.Scope())
		}
	}
}

// bearers takes the tokens of workloads beside those of people and runs.
type bearers struct {
	identity  *identity.Service
	configs   *dynconfig.Service
	databases *database.Service
}

// Authenticate implements httpserver.Authenticator.
func (b bearers) Authenticate(ctx context.Context, bearer string) (kernel.Actor, error) {
	if strings.HasPrefix(bearer, dynconfig.TokenPrefix) {
		return b.configs.Authenticate(ctx, bearer)
	}
	if strings.HasPrefix(bearer, database.TokenPrefix) {
		return b.databases.Authenticate(ctx, bearer)
	}
	return b.identity.Authenticate(ctx, bearer)
}

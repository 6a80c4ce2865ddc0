package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	gatewayaccess "github.com/terrace-idp/terrace/internal/fabric/gateway/filter/access"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authnredis"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authz"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cors"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/headers"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/shed"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/telemetry"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/validate"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning/tuningsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// gatewayKinds are the kinds of the gateway's policies. The first stands nearest to the client.
func gatewayKinds(p *platform, f *fabric) ([]gateway.Kind, error) {
	firewall, err := waf.NewMetrics(p.telemetry.Registry())
	if err != nil {
		return nil, err
	}
	validation, err := validate.New(&f.apis.catalog, f.apis, p.log, p.telemetry.Registry())
	if err != nil {
		return nil, fmt.Errorf("gateway validation: %w", err)
	}
	limits := newLimits(f)
	return []gateway.Kind{
		telemetry.New(),
		slo.New(),
		gatewayaccess.New(),
		shed.New(),
		cors.New(),
		waf.NewKind(p.log, firewall, f.findings),
		limit.NewEarly(limits),
		f.authn,
		authz.New(p.log),
		limit.New(limits),
		validation,
		f.cached,
		headers.New(),
	}, nil
}

// newLimits says where limits are counted.
func newLimits(f *fabric) limit.Config {
	if f.counts == nil {
		return limit.Config{}
	}
	return limit.Config{Shared: f.counts}
}

// newAuthn proves who calls routes of the gateway.
func newAuthn(p *platform, a *access, f *fabric) *authn.Kind {
	c := authn.Config{Guard: egress.Guard{Allow: p.config.Sinks()}, Own: ownIssuer{a.provider}, Workloads: f.workloads, Secrets: f.secrets, Subscriptions: f.products, Sealer: p.sealer, Log: p.log}
	if p.redis != nil {
		c.Shared = authnredis.New(p.redis)
	}
	return authn.New(c)
}

// ownIssuer is Terrace's provider for the gateway of the same process.
type ownIssuer struct{ provider *provider.Service }

// Issuer implements authn.Own.
func (o ownIssuer) Issuer() string { return o.provider.Issuer }

// Keys implements authn.Own.
func (o ownIssuer) Keys(ctx context.Context) (jose.JSONWebKeySet, error) {
	return o.provider.KeySet(ctx)
}

// Counts implements authn.Own.
func (o ownIssuer) Counts(ctx context.Context, token string) error {
	return o.provider.Counts(ctx, token)
}

// Lasts implements authn.Own.
func (o ownIssuer) Lasts(ctx context.Context, tenant, subject, session string) error {
	return o.provider.Lasts(ctx, tenant, subject, session)
}

// guarded are the APIs behind the gateway, for the provider: those that routes take its
// tokens for.
type guarded struct {
	gateway *gateway.Service
	authn   *authn.Kind
}

// Audiences implements provider.Resources.
func (g guarded) Audiences(tenant string) []string {
	var out []string
	for _, a := range g.gateway.Attached(authn.KindName) {
		if a.Scope.Tenant == tenant {
			out = append(out, g.authn.OwnAudiences(a.Policy)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// newTuning answers what people ask about what the firewall found.
func newTuning(p *platform, a *access, f *fabric, d *delivery) *tuning.Service {
	return &tuning.Service{Store: tuningsql.NewStore(p.db), Policies: f.gateway, Authorizer: a.identity, Stages: knownStages{d.stages}, Kind: waf.KindName}
}

// tidyFindings removes what is kept of old days, and of routes that are gone.
func (f *fabric) tidyFindings(ctx context.Context) error {
	return f.findings.Tidy(ctx, func(p tuning.Place) bool { return f.gateway.Serves(p.Scope, p.Route) })
}

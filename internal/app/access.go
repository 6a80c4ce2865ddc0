package app

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/factor/factorapi"
	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantsql"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/access/usage"
	"github.com/terrace-idp/terrace/internal/access/workloadid/trust"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// access is who may do what, and the record of what they did.
type access struct {
	audit    *audit.Service
	events   *event.Log
	journal  journal
	runEnds  *runEnds
	tenants  *tenant.Service
	identity *identity.Service
	provider *provider.Service
	trusts   *trust.Service
	factors  *factor.Service
	// upstreams are other providers that sign people in.
	upstreams *upstream.Service
	quotas    *quota.Service
	usage     *usage.Service
}

func newAccess(p *platform) *access {
	a := &access{events: &event.Log{Store: eventsql.NewStore(p.db), Log: p.log, Address: p.publicURL()}, runEnds: &runEnds{}}
	log := auditsql.NewStore(p.db)
	a.audit = audit.New(audit.Config{
		Store: log, Heads: log, Keys: log, Sealer: p.sealer, Tx: p.db, Types: eventTypes(),
		Name: hostOf(p.publicURL()), Home: p.config.Tenant, Log: p.log,
	})
	a.journal = journal{ends: a.runEnds, quotas: &quotaGate{}, recorders: []recorder{a.audit, a.events, endsKept{p.kept}}}
	a.audit.Journal = a.journal
	a.tenants = tenant.New(tenant.Config{Store: tenantsql.NewStore(p.db), Tx: p.db, Journal: a.journal, Home: p.config.Tenant})
	a.identity = identity.New(identity.Config{
		Store: identitysql.NewStore(p.db), Tx: p.db, Projects: a.tenants, Tenants: a.tenants, Journal: a.journal,
		Runs: p.runTokens, Logger: p.log,
	})
	a.provider = provider.New(provider.Config{
		Store: providersql.NewStore(p.db), Tx: p.db, Users: a.identity, Programs: a.identity, Groups: memberOf{a.identity.Store}, Authorizer: a.identity, Journal: a.journal, Sealer: p.sealer,
		Issuer: p.publicURL(), Tenant: p.config.Tenant, Guard: egress.Guard{Allow: p.config.Sinks(), What: "back channels of clients"}, Log: p.log,
	})
	a.identity.Access = a.provider
	a.quotas = newQuotas(p, a)
	a.journal.quotas.Service = a.quotas
	a.usage = newUsage(p, a)
	a.trusts = newTrusts(p, a)
	a.factors = newFactors(p, a)
	a.upstreams = newUpstreams(p, a)
	a.provider.Vias = a.upstreams
	a.identity.Forgetters = []identity.Forgetter{a.factors, a.upstreams}
	// The rooms need each other: whose project it is, and who may see it.
	a.audit.Authorizer, a.audit.Users, a.tenants.Authorizer = a.identity, a.identity, a.identity
	a.tenants.Access = a.identity
	return a
}

// hostOf returns the host of an address, with its port where it has one.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// memberOf tells the provider which groups somebody is in.
type memberOf struct{ groups identity.GroupMembers }

// GroupsOf implements provider.Groups.
func (m memberOf) GroupsOf(ctx context.Context, tenant, id string) ([]string, error) {
	groups, err := m.groups.GroupsOf(ctx, tenant, id, "")
	names := make([]string, 0, len(groups))
	for _, g := range groups {
		names = append(names, g.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// signInPages serve the OpenID provider.
func (a *access) signInPages() *providerapi.Handler {
	server := oauth.New(a.provider)
	server.Subjects = subjects{a.trusts}
	return providerapi.New(providerapi.Config{
		Provider: a.provider, OAuth: server, Steps: factorapi.Steps(a.factors, a.identity), Account: factor.Home, Passkeys: factorapi.Keys{Factors: a.factors},
		Upstreams: a.upstreams, Several: a.tenants.Several,
	})
}

// eventTypes are the names of all types of facts.
func eventTypes() []string {
	var names []string
	for _, t := range eventtype.All() {
		names = append(names, t.Name)
	}
	return names
}

// bootstrap makes the first tenant, project and admin of an empty database. The
// admin's credentials wait, sealed, for a start that succeeds and tells them.
func (a *access) bootstrap(ctx context.Context, p *platform) (c identity.Credentials, created bool, err error) {
	if err := a.tenants.Bootstrap(ctx, p.config.Tenant, p.config.Project); err != nil {
		return identity.Credentials{}, false, err
	}
	first := newFirstSignIn(p)
	c, created, err = a.identity.Bootstrap(ctx, p.config.Tenant, first.keep)
	if err != nil || created {
		return c, created, err
	}
	return first.kept(ctx)
}

// loops adds what rooms of access do by themselves.
func (a *access) loops(g *supervise.Group) {
	g.Every("signing keys", time.Hour, a.provider.Turn)
	g.Every("quotas", quota.Follow, a.quotas.Load)
	g.Every("usage", usage.Every, a.usage.Round)
	g.Every("audit heads", audit.HeadEvery, a.audit.Sweep)
	g.Every("back-channel logout", 2*time.Second, a.provider.TellClients)
	g.Every("sign-in sweep", time.Hour, a.provider.Sweep)
	g.Every("elevations", time.Minute, a.identity.NoteExpired)
	g.Every("challenge sweep", time.Hour, a.factors.Sweep)
}

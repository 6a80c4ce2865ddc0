package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamapi"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// newUpstreams makes what has people sign in with other providers.
func newUpstreams(p *platform, a *access) *upstream.Service {
	return upstream.New(upstream.Config{
		Store: upstreamsql.NewStore(p.db), Users: upstreamUsers{a.identity}, Access: upstreamAccess{a.identity}, Local: a.provider,
		Journal: a.journal, Tx: p.db, Sealer: p.sealer, Address: p.publicURL(), Guard: egress.Guard{Allow: p.config.Sinks()}, Log: p.log,
	})
}

// upstreamPages are the ways of browsers to other providers and back.
func (a *access) upstreamPages(pages *providerapi.Handler) upstreamapi.Handler {
	return upstreamapi.Handler{Upstreams: a.upstreams, Pages: pages}
}

// upstreamUsers knows the people of a tenant.
type upstreamUsers struct{ *identity.Service }

func (u upstreamUsers) Federate(ctx context.Context, tenant, name string, disabled bool) (kernel.Actor, error) {
	user, err := u.Service.Federate(ctx, tenant, name, disabled)
	return kernel.Actor{ID: user.ID, Name: user.Name, Kind: kernel.ActorUser, Tenant: tenant}, err
}

func (u upstreamUsers) Called(ctx context.Context, tenant, id string) (string, error) {
	user, err := u.Store.UserByID(ctx, tenant, id)
	return user.Name, err
}

func (u upstreamUsers) HasPassword(ctx context.Context, tenant, id string) (bool, error) {
	user, err := u.Store.UserByID(ctx, tenant, id)
	return user.Password != "", err
}

func (u upstreamUsers) Disable(ctx context.Context, tenant, id string) error {
	user, err := u.Store.UserByID(ctx, tenant, id)
	if err == nil {
		_, err = u.SetDisabled(ctx, kernel.Scope{Tenant: tenant}, user.Name, true)
	}
	return err
}

func (u upstreamUsers) Delete(ctx context.Context, tenant, id, reason string) error {
	user, err := u.Store.UserByID(ctx, tenant, id)
	if err != nil {
		return err
	}
	// Who removes the upstream answers for what the user has answered for.
	actor, _ := kernel.ActorFrom(ctx)
	return u.DeleteUser(ctx, kernel.Scope{Tenant: tenant}, identity.UserDeletion{User: user.Name, AccountsTo: actor.Name, Reason: reason})
}

// upstreamAccess gives what rules give.
type upstreamAccess struct{ *identity.Service }

func givenOf(r upstream.Role) identity.Given {
	return identity.Given{Role: identity.Role(r.Role), Platform: r.Platform, Project: r.Project, Stage: r.Stage}
}

func (a upstreamAccess) MayGive(ctx context.Context, tenant string, r upstream.Role) error {
	return a.Service.MayGive(ctx, tenant, givenOf(r))
}

func (a upstreamAccess) SyncRoles(ctx context.Context, tenant, userID, source string, roles []upstream.Role) ([]upstream.Role, error) {
	given := make([]identity.Given, len(roles))
	for i, r := range roles {
		given[i] = givenOf(r)
	}
	lost, err := a.SyncGrants(ctx, tenant, userID, source, given)
	var unknown []upstream.Role
	for _, g := range lost {
		unknown = append(unknown, upstream.Role{Role: string(g.Role), Platform: g.Platform, Project: g.Project, Stage: g.Stage})
	}
	return unknown, err
}

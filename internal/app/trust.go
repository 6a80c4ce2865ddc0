package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/workloadid/trust"
	"github.com/terrace-idp/terrace/internal/access/workloadid/workloadidsql"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// newTrusts makes what exchanges tokens of CI systems.
func newTrusts(p *platform, a *access) *trust.Service {
	return trust.New(trust.Config{
		Store: workloadidsql.NewStore(p.db), Accounts: trustAccounts{a.identity}, Authorizer: a.identity, Journal: a.journal, Tx: p.db,
		Issuer: p.publicURL(), Guard: egress.Guard{Allow: p.config.Sinks()}, Projects: a.tenants,
	})
}

// trustAccounts knows service accounts.
type trustAccounts struct{ *identity.Service }

func (a trustAccounts) ServiceID(ctx context.Context, tenant, name string) (string, error) {
	account, err := a.Store.ServiceByName(ctx, tenant, name)
	return account.ID, err
}

// subjects tells the provider whom a token of another issuer stands for.
type subjects struct{ trusts *trust.Service }

func (s subjects) Verify(ctx context.Context, kind, token string) (func(context.Context) (oauth.Subject, error), bool, error) {
	accept, ok, err := s.trusts.Verify(ctx, kind, token)
	if err != nil || !ok {
		return nil, ok, err
	}
	return func(ctx context.Context) (oauth.Subject, error) {
		taken, err := accept(ctx)
		return oauth.Subject{Actor: taken.Actor, Scopes: taken.Rule.Scopes, ExpiresAt: taken.ExpiresAt}, err
	}, true, nil
}

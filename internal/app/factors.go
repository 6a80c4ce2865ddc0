package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/factor/factorsql"
	"github.com/terrace-idp/terrace/internal/access/provider"
)

// newFactors builds what people prove who they are with beside a password. From then on
// identity takes no password alone of who has more to prove.
func newFactors(p *platform, a *access) *factor.Service {
	factors := factor.New(factor.Config{
		Store: factorsql.NewStore(p.db), Tx: p.db, Users: a.identity, Sessions: signedIn{a}, Authorizer: a.identity,
		Journal: a.journal, Sealer: p.sealer, Address: p.publicURL(), Log: p.log,
	})
	a.identity.Factors, a.provider.Factors = factors, factors
	return factors
}

// signedIn ends what somebody is signed in to: in browsers and at clients, and by their
// password.
type signedIn struct{ *access }

// EndAllOf implements factor.Sessions.
func (s signedIn) EndAllOf(ctx context.Context, tenant, user string, tokens bool) (int, error) {
	if err := s.provider.EndAllOf(ctx, tenant, user, provider.EndedByReset); err != nil {
		return 0, err
	}
	return s.identity.EndTokens(ctx, tenant, user, "", tokens)
}

package app

import (
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/sink"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/subscriptionsql"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// newSubscriptions makes what sends events on.
func newSubscriptions(p *platform, a *access, f *fabric) *subscription.Service {
	return subscription.New(subscription.Config{
		Store: subscriptionsql.NewStore(p.db), Events: a.events, Sinks: sink.Sinks{Guard: egress.Guard{Allow: p.config.Sinks()}, Topics: f.topics},
		Sealer: p.sealer, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log, Secrets: f.secrets,
	})
}

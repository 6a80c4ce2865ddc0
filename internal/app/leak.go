package app

import (
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// newLeaks makes the room of leaked values. Its rules are read when something is looked
// through first.
func newLeaks(p *platform, a *access) *leak.Service {
	store := leaksql.NewStore(p.db)
	return leak.New(leak.Config{
		Store: store, Values: store, Sealer: p.sealer, Authorizer: a.identity, Journal: a.journal, Tx: p.db, Scanner: leakscan.New(),
	})
}

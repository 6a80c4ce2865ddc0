package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecsql"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecvcs"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/validate"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newAPIs makes the room of APIs, and has the gateway follow what it publishes.
func newAPIs(p *platform, a *access, f *fabric, d *delivery) *apispec.Service {
	store := apispecsql.NewStore(p.db)
	return apispec.New(apispec.Config{
		Store: store, Decisions: store, Traffic: store, Carries: store, Stages: knownStages{d.stages}, Authorizer: a.identity, Journal: a.journal, Tx: p.db,
		Changed: f.apis.view.Now, Compared: keptChanges(p.kept),
	})
}

// newFollowed has repositories say which documents there are. It is told of a push
// before those who deploy because of it.
func newFollowed(p *platform, a *access, d *delivery, apis *apispec.Service) *apispecvcs.Service {
	s := apispecvcs.New(apispecvcs.Config{
		Store: apispecsql.NewStore(p.db), APIs: apis, Repositories: d.repositories, First: func() string { return d.stages.All()[0].Name },
		Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
	})
	d.repositories.Listeners = append([]vcs.Listener{s}, d.repositories.Listeners...)
	d.repositories.Reviewers = append(d.repositories.Reviewers, s)
	return s
}

// liveAPIs are what is published, as the gateway holds messages against it, and
// what it counts of them.
type liveAPIs struct {
	catalog validate.Catalog
	view    *apispec.View
	calls   *apispec.Calls
	log     *slog.Logger
}

func newLiveAPIs(p *platform) *liveAPIs {
	store := apispecsql.NewStore(p.db)
	l := &liveAPIs{calls: &apispec.Calls{Store: store}, log: p.log}
	l.view = &apispec.View{Standings: store, Use: l.use, Knows: l.catalog.Knows, Log: p.log}
	return l
}

// use has the gateway hold messages against what stands.
func (l *liveAPIs) use(ctx context.Context, all []apispec.Live) {
	contracts := make([]validate.Contract, 0, len(all))
	for _, one := range all {
		c := validate.Contract{
			Scope: kernel.Scope{Tenant: one.Tenant, Project: one.Project, Stage: one.Stage}, API: one.API, Version: one.Version, Digest: one.Digest,
			Published: one.PublishedAt, Retired: one.State == apispec.Retired, Deprecated: saidAt(one.DeprecatedAt), Sunset: saidAt(one.Sunset), Link: one.Link,
		}
		if one.Source != "" {
			doc, err := openapi.Read("", []byte(one.Source))
			if err != nil { // it was read when it was uploaded
				l.log.ErrorContext(ctx, "the document of an API cannot be read any more", "api", one.API, "version", one.Version, "scope", c.Scope.String(), "error", err)
			} else {
				c.Document = doc.Value()
			}
		}
		contracts = append(contracts, c)
	}
	for which, err := range l.catalog.Set(contracts) {
		l.log.ErrorContext(ctx, "an API cannot be held against its document: what stood in its place stays", "api", which, "error", err)
	}
}

// Count implements validate.Calls.
func (l *liveAPIs) Count(scope kernel.Scope, api, version, operation, consumer string, status int) {
	l.calls.Count(apispec.Key{Tenant: scope.Tenant, Project: scope.Project, API: api, Version: version}, scope.Stage, operation, consumer, status)
}

func saidAt(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

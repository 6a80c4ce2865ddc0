package app

import (
	"context"
	"io"
	"net/url"

	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	documents "github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/fabric/document/database"
	"github.com/terrace-idp/terrace/internal/fabric/document/database/databasesql"
	"github.com/terrace-idp/terrace/internal/fabric/document/documentdynamo"
	"github.com/terrace-idp/terrace/internal/fabric/document/documentmongo"
	"github.com/terrace-idp/terrace/internal/fabric/document/documentsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newDocuments makes the document databases, whose documents are where the configuration
// says.
func newDocuments(ctx context.Context, p *platform) (*database.Service, error) {
	store, err := openDocuments(ctx, p)
	if err != nil {
		return nil, err
	}
	metrics, err := documents.NewMetrics(p.telemetry.Registry())
	if err != nil {
		return nil, err
	}
	return &database.Service{Store: databasesql.NewStore(p.db), Documents: &documents.Service{Store: store, Metrics: metrics}}, nil
}

func openDocuments(ctx context.Context, p *platform) (documents.Store, error) {
	if p.config.Documents == "" {
		return documentsql.NewStore(p.db), nil
	}
	u, err := url.Parse(p.config.Documents)
	if err != nil { // which would repeat its password
		return nil, kernel.Errorf(kernel.Invalid, "the URL of documents is no URL")
	}
	if u.Scheme == "dynamodb" {
		return documentdynamo.Open(ctx, u)
	}
	return documentmongo.Open(ctx, p.config.Documents)
}

// closeDocuments ends the connections of a store that has some.
func closeDocuments(p *platform, d *database.Service) {
	if c, ok := d.Documents.Store.(io.Closer); ok {
		logClose(p.log, "documents", c.Close())
	}
}

// checkDocuments tells whether the store of documents answers.
func (a *App) checkDocuments(ctx context.Context) ServerCheck {
	store := a.fabric.documents.Documents.Store
	check := ServerCheck{Name: "documents", OK: true, Message: store.Limits().Driver + " answers"}
	if err := store.Ping(ctx); err != nil {
		check.OK, check.Message, check.Fix = false, store.Limits().Driver+" does not answer", "see documents in the configuration, and the log"
		a.platform.log.WarnContext(ctx, "the store of documents does not answer", "error", err)
	}
	return check
}

// erasedDocuments is a departure.Eraser of documents that are not in the platform's database,
// where they are rows like all others.
type erasedDocuments struct{ documents *documents.Service }

func (d erasedDocuments) Erase(ctx context.Context, name string) (rows, removed int64, err error) {
	n, err := d.documents.Drop(ctx, kernel.Scope{Tenant: name})
	return int64(n), 0, err
}

// exportedDocuments tells of documents that are not in the platform's database.
type exportedDocuments struct{ elsewhere bool }

// Write implements export.Source.
func (e exportedDocuments) Write(_ context.Context, _ string, to *export.Archive) error {
	if e.elsewhere {
		to.Omit("documents: they are in the store that documents of the configuration names, whose own tools export them")
	}
	return nil
}

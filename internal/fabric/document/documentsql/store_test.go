package documentsql_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/document/documentsql"
	"github.com/terrace-idp/terrace/internal/fabric/document/documenttest"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{documentsql.Migrations()}, func(t *testing.T, d *db.DB) {
		documenttest.Run(t, documentsql.NewStore(d))
	})
}

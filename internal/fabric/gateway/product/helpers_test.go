package product_test

import (
	"crypto/sha256"
	"encoding/json"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func sqlite(t testing.TB) *db.DB {
	t.Helper()
	return dbtest.SQLite(t, sets()...)
}

func sumOf(key string) [sha256.Size]byte { return sha256.Sum256([]byte(key)) }

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	must(t, err)
	return out
}

func files(name, spec string) []gatewaydoc.File {
	return []gatewaydoc.File{{Name: "p.yaml", Source: "apiVersion: gateway.terrace.dev/v1\nkind: Product\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"}}
}

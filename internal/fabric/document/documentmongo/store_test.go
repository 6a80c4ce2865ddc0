package documentmongo_test

import (
	"context"
	"errors"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/document/documentmongo"
	"github.com/terrace-idp/terrace/internal/fabric/document/documenttest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestStore runs the suite against FerretDB 1, which speaks MongoDB's protocol and keeps
// its documents in SQLite. It has no decimals, no arrays in arrays and no transactions, and
// it compares a revision and writes in two steps.
func TestStore(t *testing.T) {
	t.Parallel()
	host := documenttest.FerretDB(t)
	s, err := documentmongo.Open(context.Background(), "mongodb://"+documenttest.FerretUser+":"+documenttest.FerretPassword+"@"+host+"/documents?authSource=admin")
	if err != nil {
		e, _ := errors.AsType[*kernel.Error](err)
		t.Fatalf("%v (%v)", err, e.Err)
	}
	t.Cleanup(func() { _ = s.Close() })
	documenttest.RunWithout(t, documenttest.Lacks{Decimals: true, NestedArrays: true, AtOnce: true}, s)
}

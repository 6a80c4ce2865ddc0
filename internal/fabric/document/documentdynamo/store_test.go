package documentdynamo_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/document/documentdynamo"
	"github.com/terrace-idp/terrace/internal/fabric/document/documenttest"
)

func open(t *testing.T, address string) *documentdynamo.Store {
	t.Helper()
	u, err := url.Parse("dynamodb://id:secret@?region=eu-central-1&table=documents&endpoint=" + url.QueryEscape(address))
	if err != nil {
		t.Fatal(err)
	}
	s, err := documentdynamo.Open(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStore runs the suite against dynalite, which speaks DynamoDB's protocol.
func TestStore(t *testing.T) {
	t.Parallel()
	documenttest.Run(t, open(t, documenttest.Dynalite(t)))
}

package httpserver_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type firstInput struct {
	Body struct {
		A string `json:"a"`
	}
}

func TestSchemasOfTheSameNameDoNotClash(t *testing.T) {
	t.Parallel()
	f := newFixture()
	type firstOutput struct{ Body kernel.Page[kernel.Actor] }
	httpserver.Register(f.api, operation("one", http.MethodPost, "/one"), func(context.Context, *firstInput) (*firstOutput, error) { return nil, nil }) //nolint:nilnil // huma's empty answer
	type firstInput struct {
		Body struct {
			B string `json:"b"`
		}
	}
	httpserver.Register(f.api, operation("two", http.MethodPost, "/two"), func(context.Context, *firstInput) (*struct{}, error) { return nil, nil }) //nolint:nilnil // huma's empty answer
	_, body := f.do(t, http.MethodGet, "/api/openapi.json", "")
	for _, want := range []string{`"PageActor":`, `"OneRequest":`, `"TwoRequest":`, `"ProblemDetails":`, `"ActorKind":`, `"Kind":`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

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

// TestReasonsHaveNoControlCharacters: they are read in terminals.
func TestReasonsHaveNoControlCharacters(t *testing.T) {
	t.Parallel()
	f := newFixture()
	type input struct {
		Body struct {
			Reason string `json:"reason" maxLength:"100"`
		}
	}
	httpserver.Register(f.api, operation("decide", http.MethodPost, "/decide"), func(context.Context, *input) (*struct{}, error) { return nil, nil }) //nolint:nilnil // huma's empty answer
	for body, want := range map[string]int{
		`{"reason":"one\nand\ttwo ü"}`: http.StatusNoContent, `{"reason":"\u001b[2A"}`: http.StatusUnprocessableEntity, `{"reason":"a\u009bb"}`: http.StatusUnprocessableEntity, `{"reason":"a\rb"}`: http.StatusUnprocessableEntity,
	} {
		answer, text := f.do(t, http.MethodPost, "/api/v1/decide", body)
		if answer.StatusCode != want || want != http.StatusNoContent && !strings.Contains(text, "control characters") {
			t.Errorf("%s: %d %s", body, answer.StatusCode, text)
		}
	}
}

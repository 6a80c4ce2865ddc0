package secretapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretapi"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

type allow struct{}

func (allow) Authorize(context.Context, string, kernel.Scope) error { return nil }

type nowhere struct{}

func (nowhere) Record(context.Context, kernel.Fact) error { return nil }

func newHandler(t *testing.T) http.Handler {
	t.Helper()
	d := dbtest.SQLite(t, secretsql.Migrations())
	sealer, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	service := &secret.Service{Store: secretsql.NewStore(d), Sealer: sealer, Authorizer: allow{}, Journal: nowhere{}, Tx: d}
	r := chi.NewRouter()
	r.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			actor := kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: r.Header.Get("Tenant")}
			next.ServeHTTP(w, r.WithContext(kernel.WithActor(r.Context(), actor)))
		})
	})
	secretapi.API{Secrets: service}.Register(httpserver.NewAPI(r, "test"))
	return r
}

func call(t *testing.T, h http.Handler, tenant, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Tenant", tenant)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPutAndList(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	put := call(t, h, "acme", http.MethodPut, "/projects/shop/secrets/password?stage=dev", `{"value":"correct-horse"}`)
	if put.Code != http.StatusOK || !strings.Contains(put.Body.String(), `"version":1`) {
		t.Fatalf("put: %d %s", put.Code, put.Body)
	}
	list := call(t, h, "acme", http.MethodGet, "/projects/shop/secrets?stage=dev", "")
	if list.Code != http.StatusOK || !strings.Contains(list.Body.String(), `"name":"password"`) {
		t.Fatalf("list: %d %s", list.Code, list.Body)
	}
	foreign := call(t, h, "rival", http.MethodGet, "/projects/shop/secrets?stage=dev", "")
	if strings.Contains(foreign.Body.String(), "password") {
		t.Fatalf("another tenant sees %s", foreign.Body)
	}
	if both := put.Body.String() + list.Body.String(); strings.Contains(both, "correct-horse") {
		t.Fatalf("an answer shows the value: %s", both)
	}
}

// TestBrokenBodyIsNotShown sends values that are refused: no answer repeats them.
func TestBrokenBodyIsNotShown(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	for _, body := range []string{
		`{"value":["correct-horse"]}`, `{"value":"correct-horse","extra":1}`, `{"valeu":"correct-horse"}`, `{"value":"correct-horse`,
		`{"value":"` + strings.Repeat("correct-horse", 8000) + `"}`,
	} {
		answer := call(t, h, "acme", http.MethodPut, "/projects/shop/secrets/password?stage=dev", body)
		if answer.Code < 400 || strings.Contains(answer.Body.String(), "correct-horse") {
			t.Errorf("%.40s: %d %.200s", body, answer.Code, answer.Body)
		}
	}
}

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

func (allow) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// stages has dev alone.
type stages struct{}

func (stages) Check(stage string) error {
	if stage != "dev" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
	}
	return nil
}

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
	service := &secret.Service{Store: secretsql.NewStore(d), Sealer: sealer, Authorizer: allow{}, Stages: stages{}, Journal: nowhere{}, Tx: d}
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

func TestRotate(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	missing := call(t, h, "acme", http.MethodPost, "/projects/shop/secrets/password/rotation?stage=dev", "")
	if missing.Code != http.StatusNotFound {
		t.Fatalf("a secret that is not there: %d %s", missing.Code, missing.Body)
	}
	call(t, h, "acme", http.MethodPut, "/projects/shop/secrets/password?stage=dev", `{"value":"correct-horse"}`)
	done := call(t, h, "acme", http.MethodPost, "/projects/shop/secrets/password/rotation?stage=dev", "")
	if done.Code != http.StatusOK || !strings.Contains(done.Body.String(), `"version":2`) || !strings.Contains(done.Body.String(), `"generated":true`) {
		t.Fatalf("rotate: %d %s", done.Code, done.Body)
	}
}

// TestAMistypedStageIsRefused: a secret of a stage that is not would be read by nobody.
func TestAMistypedStageIsRefused(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	for method, path := range map[string]string{
		http.MethodPut: "/projects/shop/secrets/password?stage=dve", http.MethodPost: "/projects/shop/secrets/password/rotation?stage=dve",
	} {
		answer := call(t, h, "acme", method, path, `{"value":"correct-horse"}`)
		if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "there is no stage") {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	if all := call(t, h, "acme", http.MethodGet, "/projects/shop/secrets", ""); strings.Contains(all.Body.String(), "password") {
		t.Errorf("it was made: %s", all.Body)
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

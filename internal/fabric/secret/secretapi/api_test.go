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
			actor := kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: r.Header.Get("Tenant")}
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

func TestAKeyAndSettings(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	const path = "/projects/shop/secrets/db%2Fcredentials"
	says := func(what string, answer *httptest.ResponseRecorder, status int, texts ...string) {
		t.Helper()
		for _, text := range append(texts, "") {
			if answer.Code != status || !strings.Contains(answer.Body.String(), text) || strings.Contains(answer.Body.String(), "hush") {
				t.Errorf("%s: %d %s, want %d with %s", what, answer.Code, answer.Body, status, text)
			}
		}
	}
	send := func(method, sub, body string) *httptest.ResponseRecorder {
		return call(t, h, "acme", method, path+sub+"?stage=dev", body)
	}
	says("settings of none", send(http.MethodPatch, "/settings", `{"maxVersions":2}`), http.StatusNotFound)
	says("the first key", send(http.MethodPut, "", `{"value":"hush","key":"user","cas":0}`), http.StatusOK, `"version":1`, `"fields":true`, `"updatedByName":"ada"`)
	says("as if there were none", send(http.MethodPut, "", `{"value":"hush","key":"password","cas":0}`), http.StatusConflict, "--cas 1")
	says("settings", send(http.MethodPatch, "/settings", `{"maxVersions":2,"casRequired":true,"deleteAfter":"720h","custom":{"owner":"shop","ticket":"T-1"}}`), http.StatusOK,
		`"maxVersions":2`, `"casRequired":true`, `"deleteAfter":"720h0m0s"`, `"ticket":"T-1"`)
	says("without saying what was seen", send(http.MethodPut, "", `{"value":"hush","key":"password"}`), http.StatusUnprocessableEntity, "check-and-set parameter required", "--cas 1")
	says("another key", send(http.MethodPut, "", `{"value":"hush","key":"password","cas":1}`), http.StatusOK, `"version":2`)
	says("some settings", send(http.MethodPatch, "/settings", `{"deleteAfter":"0s","custom":{"ticket":""}}`), http.StatusOK, `"casRequired":true`, `"custom":{"owner":"shop"}`, `"maxVersions":2`)
	says("no time", send(http.MethodPatch, "/settings", `{"deleteAfter":"soon"}`), http.StatusUnprocessableEntity, "is no time")
	says("what differs", send(http.MethodGet, "/difference", ""), http.StatusOK, `"from":1,"to":2,"added":["password"]`)
	says("the history", send(http.MethodGet, "/versions", ""), http.StatusOK, `"updatedBy":"usr_1","updatedByName":"ada"`)
}

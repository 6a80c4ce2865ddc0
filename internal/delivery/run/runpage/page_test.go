package runpage_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runpage"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// people are ada with her password.
type people struct{}

func (people) Authenticate(context.Context, string) (kernel.Actor, error) {
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token is not valid")
}

func (people) CheckPassword(_ context.Context, tenant, name, password string) (kernel.Actor, error) {
	if tenant == "acme" && name == "ada" && password == "lovelace" {
		return runtest.Ada, nil
	}
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the user name or the password is wrong")
}

func TestAPersonOpensTheLinkOfAStatus(t *testing.T) {
	t.Parallel()
	b := runtest.New(t, dbtest.SQLite(t, runtest.Migrations()...))
	r, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: "1", Reason: "<script>alert(1)</script>"})
	runtest.Must(t, err)
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
	router := httpserver.NewRouter(httpserver.Options{Authenticator: people{}})
	runpage.New(b.Service, people{}).Mount(router)
	get := func(path, password string) *httptest.ResponseRecorder {
		q := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if password != "" {
			q.SetBasicAuth("ada", password)
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, q)
		return w
	}
	path := "/runs/acme/shop/" + r.ID
	for _, password := range []string{"", "byron"} {
		if w := get(path, password); w.Code != http.StatusUnauthorized || !strings.Contains(w.Header().Get("WWW-Authenticate"), runpage.Realm) || strings.Contains(w.Body.String(), "orders") {
			t.Errorf("with the password %q: %d %v %s", password, w.Code, w.Header(), w.Body)
		}
	}
	w := get(path, "lovelace")
	for _, want := range []string{"deploy of orders to dev", "succeeded", "3 to create", "terrace run show " + r.ID, "&lt;script&gt;"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d, want %q in %s", w.Code, want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "<script>") {
		t.Error("the page has the script of a reason")
	}
	if w := get("/runs/acme/shop/run_other", "lovelace"); w.Code != http.StatusNotFound {
		t.Errorf("another run: %d", w.Code)
	}
	b.Denied["run.read"] = true
	if w := get(path, "lovelace"); w.Code != http.StatusForbidden {
		t.Errorf("without the permission: %d", w.Code)
	}
}

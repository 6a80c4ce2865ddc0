package stageapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/stage/stageapi"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func TestListStages(t *testing.T) {
	t.Parallel()
	stages := stage.Default()
	stages[0].Verify = []stage.Check{{Name: "home", HTTP: &stage.HTTPCheck{Path: "/", Status: 200, Timeout: 30 * time.Second}}}
	set, err := stage.NewSet(stages)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		auth   httpserver.Authenticator
		status int
	}{
		"signed in": {httpserver.As(kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: "default"}), http.StatusOK},
		"nobody":    {nil, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			router := httpserver.NewRouter(httpserver.Options{Authenticator: c.auth})
			stageapi.API{Stages: set}.Register(httpserver.NewAPI(router, "test"))
			w := httptest.NewRecorder()
			router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/stages", nil))
			if w.Code != c.status {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if c.status != http.StatusOK {
				return
			}
			var page kernel.Page[stageapi.Stage]
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
				t.Fatal(err)
			}
			if len(page.Items) != 5 || page.Items[4].Name != "prod" || !page.Items[4].Approvals.OtherThanRequester || page.Items[0].Verify[0].HTTP.Timeout != "30s" {
				t.Errorf("got %s", w.Body)
			}
		})
	}
}

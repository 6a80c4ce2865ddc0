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

func TestAStageSaysWhetherItIsOpen(t *testing.T) {
	t.Parallel()
	stages := stage.Default()
	stages[4].Soak, stages[4].AutoPromote, stages[4].Approvals.ExpireAfter = time.Hour, true, stage.Duration(24*time.Hour)
	stages[4].Windows = []stage.Window{{Name: "office", Kind: stage.WindowAllow, RRule: "FREQ=DAILY;BYHOUR=9", Duration: 8 * time.Hour}}
	set, err := stage.NewSet(stages)
	if err != nil {
		t.Fatal(err)
	}
	evening := func() time.Time { return time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC) }
	router := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: "default"})})
	stageapi.API{Stages: set, Clock: evening}.Register(httpserver.NewAPI(router, "test"))
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/stages", nil))
	var page kernel.Page[stageapi.Stage]
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	prod, dev := page.Items[4], page.Items[0]
	if !dev.Opening.Open || dev.Opening.Next != nil || prod.Opening.Open || prod.Opening.Next == nil || !prod.Opening.Next.Equal(evening().Add(13*time.Hour)) {
		t.Errorf("dev %+v, prod %+v", dev.Opening, prod.Opening)
	}
	if prod.Soak != "1h0m0s" || !prod.AutoPromote || prod.Approvals.ExpireAfter.String() != "24h0m0s" || prod.Windows[0].Duration != "8h0m0s" || prod.Windows[0].Timezone != "UTC" {
		t.Errorf("%+v", prod)
	}
}

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

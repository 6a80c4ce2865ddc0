package subscriptionapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/subscriptionapi"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const patience = time.Minute

type anyone struct{}

func (anyone) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (anyone) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// served is the API on a log of its own.
type served struct {
	*httptest.Server

	db  *db.DB
	log *event.Log
}

func serve(t *testing.T) *served {
	t.Helper()
	d := dbtest.SQLite(t, eventsql.Migrations())
	s := &served{db: d, log: &event.Log{Store: eventsql.NewStore(d), Log: slog.New(slog.DiscardHandler), Address: "https://terrace.example"}}
	service := subscription.New(subscription.Config{Events: s.log, Authorizer: anyone{}})
	router := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})})
	subscriptionapi.API{Subscriptions: service, Address: "https://terrace.example"}.Register(httpserver.NewAPI(router, "1"))
	s.Server = httptest.NewServer(router)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); _ = service.Tail(ctx) }()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close(); cancel(); <-over })
	return s
}

func (s *served) record(t *testing.T, kind, subject string) {
	t.Helper()
	err := s.db.InTx(context.Background(), func(ctx context.Context) error {
		return s.log.Record(ctx, kernel.Fact{Type: kind, Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Subject: subject, Data: map[string]any{"stack": "x"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.log.Order(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (s *served) get(t *testing.T, path string, header map[string]string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestPagesOfEvents(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for i := range 3 {
		s.record(t, "run.failed", fmt.Sprintf("run_%d", i))
	}
	s.record(t, "run.succeeded", "run_3")
	for path, want := range map[string]string{
		"/events":                                                 "run_3 run_2 run_1 run_0",
		"/events?type=run.failed&limit=2":                         "run_2 run_1",
		"/events?type=*.succeeded":                                "run_3",
		"/events?type=run.failed,run.s*":                          "run_3 run_2 run_1 run_0",
		"/events?subject=run_1&project=shop":                      "run_1",
		"/events?project=other":                                   "",
		`/events?filters=[{"not":{"exact":{"subject":"run_3"}}}]`: "run_2 run_1 run_0",
	} {
		var page subscription.History
		res := s.get(t, path, nil)
		if err := json.NewDecoder(res.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Items {
			got = append(got, e.Subject)
		}
		if strings.Join(got, " ") != want || page.Last != 4 || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v, want %s; last %d", path, got, want, page.Last)
		}
	}
	for path, want := range map[string]string{
		"/events?type=run.faild": "dev.terrace.run.failed",
		"/events?filters={":      "the filters cannot be read",
		"/events?after=x":        "",
	} {
		res := s.get(t, path, nil)
		var told struct{ Detail string }
		if want == "" {
			continue
		}
		body := new(strings.Builder)
		_, _ = bufio.NewReader(res.Body).WriteTo(body)
		_ = json.Unmarshal([]byte(body.String()), &told)
		if res.StatusCode < 400 || !strings.Contains(body.String(), want) {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
}

// next reads one server-sent event that tells of something.
func next(t *testing.T, lines *bufio.Scanner) (id string, e event.Event) {
	t.Helper()
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			id = v
		}
		if v, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(v), &e); err != nil {
				t.Fatal(err)
			}
			return id, e
		}
	}
	t.Fatalf("the stream has ended: %v", lines.Err())
	return "", e
}

func TestEventsAreStreamedAndResumed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.record(t, "run.failed", "before")
	stream := map[string]string{"Accept": "text/event-stream"}
	res := s.get(t, "/events?type=run.*", stream)
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %s", got)
	}
	lines := bufio.NewScanner(res.Body)
	if lines.Scan(); !strings.HasPrefix(lines.Text(), ":") { // it begins after what there was
		t.Fatalf("the first line is %q", lines.Text())
	}
	s.record(t, "secret.changed", "other")
	s.record(t, "run.failed", "first")
	id, e := next(t, lines)
	if e.Subject != "first" || id != "3" || e.DataSchema != "https://terrace.example/api/v1/schemas/events/run.failed/1" {
		t.Fatalf("%s: %+v", id, e)
	}
	_ = res.Body.Close()
	s.record(t, "run.failed", "second")
	stream["Last-Event-ID"] = id
	lines = bufio.NewScanner(s.get(t, "/events?type=run.*&after=0", stream).Body)
	if id, e = next(t, lines); e.Subject != "second" || id != "4" {
		t.Fatalf("%s: %+v", id, e)
	}
	delete(stream, "Last-Event-ID")
	lines = bufio.NewScanner(s.get(t, "/events?after=0", stream).Body)
	for i, want := range []string{"before", "other", "first", "second"} {
		if id, e = next(t, lines); e.Subject != want || id != fmt.Sprint(i+1) {
			t.Fatalf("%s: %+v, want %s", id, e, want)
		}
	}
	if res := s.get(t, "/events?after=x", stream); res.StatusCode != http.StatusUnprocessableEntity && res.StatusCode != http.StatusBadRequest {
		t.Fatalf("a wrong place: %d", res.StatusCode)
	}
}

func TestSchemasAreServed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	res := s.get(t, "/schemas/events/run.failed/1", nil)
	var schema struct {
		ID    string `json:"$id"`
		Title string `json:"title"`
	}
	if err := json.NewDecoder(res.Body).Decode(&schema); err != nil {
		t.Fatal(err)
	}
	if schema.ID != "https://terrace.example/api/v1/schemas/events/run.failed/1" || schema.Title != "dev.terrace.run.failed" || res.Header.Get("Content-Type") != "application/schema+json" {
		t.Fatalf("%+v", schema)
	}
	for _, path := range []string{"/schemas/events/run.failed/2", "/schemas/events/run.exploded/1", "/schemas/events/topic.deleted/1"} {
		if res := s.get(t, path, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	var types kernel.Page[subscriptionapi.EventType]
	if err := json.NewDecoder(s.get(t, "/event-types", nil).Body).Decode(&types); err != nil || len(types.Items) < 100 {
		t.Fatalf("%d types, %v", len(types.Items), err)
	}
}

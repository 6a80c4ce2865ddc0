package databaseapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/fabric/document/database"
	"github.com/terrace-idp/terrace/internal/fabric/document/database/databaseapi"
	"github.com/terrace-idp/terrace/internal/fabric/document/database/databasesql"
	"github.com/terrace-idp/terrace/internal/fabric/document/documentsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type world struct {
	*testing.T

	databases *database.Service
	server    *httptest.Server
	now       time.Time
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{T: t, now: time.Now()}
	clock := func() time.Time { return w.now }
	w.databases = &database.Service{Store: databasesql.NewStore(d), Documents: &document.Service{Store: documentsql.NewStore(d), Clock: clock}, Clock: clock}
	router := httpserver.NewRouter(httpserver.Options{Authenticator: w.databases})
	databaseapi.API{Databases: w.databases}.Mount(router)
	w.server = httptest.NewServer(router)
	t.Cleanup(w.server.Close)
	return w
}

func scope(stage string) kernel.Scope {
	return kernel.Scope{Tenant: "acme", Project: "shop", Stage: stage}
}

func (w *world) ensure(stage, name, token string) {
	w.Helper()
	err := w.databases.Ensure(context.Background(), scope(stage), name, database.Collections{"orders": {"total": "total", "customer": "customer.name"}}, database.TokenPrefix+token)
	if err != nil {
		w.Fatal(err)
	}
}

// call sends a request, and returns the answer's status and body.
func (w *world) call(token, method, path, body string, headers ...string) (int, string, http.Header) {
	w.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, w.server.URL+databaseapi.Path+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+database.TokenPrefix+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

func (w *world) want(status int, token, method, path, body string, headers ...string) (string, http.Header) {
	w.Helper()
	got, text, header := w.call(token, method, path, body, headers...)
	if got != status {
		w.Errorf("%s %s: %d, want %d: %s", method, path, got, status, text)
	}
	return text, header
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{documentsql.Migrations(), databasesql.Migrations()}, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ensure("dev", "store", "one")
		w.documents()
		w.others()
		w.rotation()
		w.end()
	})
}

func (w *world) documents() {
	path := "/orders/" + url.PathEscape("a/ü %2F")
	_, header := w.want(http.StatusOK, "one", "PUT", path, `{"total":12.50,"customer":{"name":"Ada"}}`, "If-None-Match", "*")
	w.want(http.StatusConflict, "one", "PUT", path, `{}`, "If-None-Match", "*")
	_, header = w.want(http.StatusOK, "one", "PATCH", path, `{"total":13}`, "If-Match", header.Get("ETag"))
	w.want(http.StatusConflict, "one", "PATCH", path, `{"total":14}`, "If-Match", `"1"`)
	text, _ := w.want(http.StatusOK, "one", "GET", path, "")
	var got document.Document
	if err := json.Unmarshal([]byte(text), &got); err != nil || got.ID != "a/ü %2F" || string(got.Body) != `{"customer":{"name":"Ada"},"total":13}` || header.Get("ETag") == "" {
		w.Errorf("got %s (%v)", text, err)
	}
	w.want(http.StatusOK, "one", "POST", "/orders", `{"writes":[{"kind":"put","id":"b","body":{"total":1}},{"kind":"put","id":"c","body":{"total":20}}]}`)
	text, _ = w.want(http.StatusOK, "one", "GET", "/orders?limit=1&descending=true&where="+url.QueryEscape(`total:ge:13`), "")
	var page kernel.Page[document.Document]
	if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Items) != 1 || page.Items[0].ID != "c" || page.Next == "" {
		w.Errorf("got %s (%v)", text, err)
	}
	text, _ = w.want(http.StatusOK, "one", "GET", "/orders?limit=1&descending=true&where=total:ge:13&cursor="+page.Next, "")
	if !strings.Contains(text, "Ada") {
		w.Errorf("the second page is %s", text)
	}
	w.want(http.StatusOK, "one", "PUT", "/orders/short?ttl=60", `{"total":99}`)
	w.now = w.now.Add(time.Minute)
	w.want(http.StatusNotFound, "one", "GET", "/orders/short", "")
	w.want(http.StatusNoContent, "one", "DELETE", "/orders/b", "")
	for _, bad := range []string{"/orders?where=total", "/orders?where=none:eq:1", "/orders?limit=x", "/orders?cursor=x"} {
		w.want(http.StatusUnprocessableEntity, "one", "GET", bad, "")
	}
	w.want(http.StatusNotFound, "one", "GET", "/none/a", "")
	w.want(http.StatusUnprocessableEntity, "one", "PUT", "/orders/a", `[]`)
	w.want(http.StatusRequestEntityTooLarge, "one", "PUT", "/orders/a", `{"a":"`+strings.Repeat("x", document.MaxBody)+`"}`)
}

// others have tokens of other databases, of the same stage and of another one.
func (w *world) others() {
	w.ensure("dev", "other", "two")
	w.ensure("prod", "store", "three")
	for _, token := range []string{"two", "three"} {
		w.want(http.StatusNotFound, token, "GET", "/orders/c", "")
		if text, _ := w.want(http.StatusOK, token, "GET", "/orders", ""); strings.Contains(text, `"c"`) {
			w.Errorf("the token %s sees %s", token, text)
		}
	}
	w.want(http.StatusUnauthorized, "four", "GET", "/orders/c", "")
	w.want(http.StatusUnauthorized, "", "GET", "/orders/c", "")
}

func (w *world) rotation() {
	w.ensure("dev", "store", "five")
	w.want(http.StatusOK, "one", "GET", "/orders/c", "")
	w.want(http.StatusOK, "five", "GET", "/orders/c", "")
	w.ensure("dev", "store", "five") // as each apply does
	w.now = w.now.Add(61 * time.Minute)
	w.want(http.StatusUnauthorized, "one", "GET", "/orders/c", "")
	w.want(http.StatusOK, "five", "GET", "/orders/c", "")
}

func (w *world) end() {
	if err := w.databases.Delete(context.Background(), scope("dev"), "store"); err != nil {
		w.Fatal(err)
	}
	w.want(http.StatusUnauthorized, "five", "GET", "/orders/c", "")
	w.ensure("dev", "store", "six")
	w.want(http.StatusNotFound, "six", "GET", "/orders/c", "")
}

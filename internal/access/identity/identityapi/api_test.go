package identityapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identityapi"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type silent struct{}

func (silent) Record(context.Context, kernel.Fact) error  { return nil }
func (silent) Exists(context.Context, kernel.Scope) error { return nil }

type client struct {
	t      *testing.T
	router http.Handler
}

// do sends a request and decodes the answer; it fails the test on another status.
func (c client) do(token, method, path, body string, status int) map[string]any {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, r)
	if w.Code != status {
		c.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	out := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

func TestAccountsOverHTTP(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, identitysql.Migrations())
	service := identity.New(identity.Config{Store: identitysql.NewStore(d), Tx: d, Projects: silent{}, Journal: silent{}})
	router := httpserver.NewRouter(httpserver.Options{Authenticator: service})
	identityapi.API{Service: service, Tenant: "default"}.Register(httpserver.NewAPI(router, "test"))
	first, created, err := service.Bootstrap(t.Context(), "default", func(context.Context, identity.Credentials) error { return nil })
	if err != nil || !created {
		t.Fatal(err)
	}
	c := client{t, router}
	c.do("", "GET", "/me", "", 401)
	c.do("", "POST", "/sessions", `{"username":"admin","password":"wrong"}`, 401)
	session := c.do("", "POST", "/sessions", `{"username":"admin","password":"`+first.Password+`"}`, 201)
	admin, _ := session["token"].(string)
	if me := c.do(admin, "GET", "/me", "", 200); me["name"] != "admin" || me["tenant"] != "default" {
		t.Errorf("%v", me)
	}
	user := c.do(admin, "POST", "/users", `{"name":"ada","password":"correct horse battery"}`, 201)
	if _, leaked := user["password"]; leaked || user["name"] != "ada" {
		t.Errorf("%v", user)
	}
	issued := c.do(admin, "POST", "/users/ada/tokens", `{"name":"ci","expiresInDays":7}`, 201)
	ada, _ := issued["token"].(string)
	denied := c.do(ada, "GET", "/users", "", 403)
	if fix, _ := denied["fix"].(string); fix != "admin can grant it" {
		t.Errorf("%v", denied)
	}
	granted := c.do(admin, "POST", "/access/grants", `{"subject":{"kind":"user","name":"ada"},"role":"developer","project":"demo","stage":"dev"}`, 201)
	grants := c.do(ada, "GET", "/access/grants?project=demo", "", 200)
	if items, _ := grants["items"].([]any); len(items) != 2 {
		t.Errorf("%v", grants)
	}
	c.do(admin, "DELETE", "/access/grants/"+fmt.Sprint(granted["id"])+"?reason=done", "", 200)
	c.do(ada, "GET", "/access/grants?project=demo", "", 403)
	c.do(ada, "DELETE", "/access/grants/"+fmt.Sprint(granted["id"]), "", 404)
	list := c.do(ada, "GET", "/me/tokens", "", 200)
	if text, _ := json.Marshal(list); strings.Contains(string(text), "hash") || !strings.Contains(string(text), `"lastUsedAt"`) {
		t.Errorf("%s", text)
	}
	id, _ := issued["id"].(string)
	c.do(ada, "DELETE", "/me/tokens/"+id, "", 204)
	c.do(ada, "GET", "/me", "", 401)
	c.do(admin, "PUT", "/me/password", `{"present":"`+first.Password+`","next":"correct horse battery"}`, 204)
}

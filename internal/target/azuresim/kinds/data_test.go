package kinds_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/kinds"
)

// dataCloud is a simulated cloud with one resource group, for the tests of data services.
type dataCloud struct {
	t      *testing.T
	engine *arm.Engine
	group  string
}

func newDataCloud(t *testing.T) *dataCloud {
	t.Helper()
	owner := arm.Caller{ObjectID: "00000000-0000-0000-0000-00000000000a", Name: "owner", Owner: true}
	const subscription = "00000000-0000-0000-0000-000000000001"
	engine, err := arm.New(t.Context(), arm.Config{
		Cloud: arm.Cloud{TenantID: "00000000-0000-0000-0000-000000000002", SubscriptionID: subscription, SubscriptionName: "test", Endpoint: "https://localhost", Domain: "azuresim.localhost"},
		Kinds: kinds.All(), Authenticate: func(*http.Request) (arm.Caller, error) { return owner, nil }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Write(t.Context(), owner, func(c *arm.Context) error { kinds.Seed(c, owner.ObjectID); return nil }); err != nil {
		t.Fatal(err)
	}
	cloud := &dataCloud{t: t, engine: engine, group: "/subscriptions/" + subscription + "/resourceGroups/rg"}
	cloud.must(http.MethodPut, cloud.group, `{"location":"westeurope"}`)
	return cloud
}

// do sends a request and returns the status and the decoded answer.
func (c *dataCloud) do(method, path, body string) (status int, answer arm.Object) {
	c.t.Helper()
	if strings.HasPrefix(path, "Microsoft.") {
		path = c.group + "/providers/" + path
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(c.t.Context(), method, path+"?api-version=2024-01-01", bytes.NewBufferString(body))
	c.engine.ServeHTTP(w, r)
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return w.Code, answer
}

// must sends a request that has to succeed.
func (c *dataCloud) must(method, path, body string) arm.Object {
	c.t.Helper()
	status, answer := c.do(method, path, body)
	if status >= http.StatusBadRequest {
		c.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// refused sends a request that has to fail with a status and a code.
func (c *dataCloud) refused(method, path, body string, status int, code string) {
	c.t.Helper()
	got, answer := c.do(method, path, body)
	if said, _ := arm.Lookup(answer, "error.code"); got != status || said != code {
		c.t.Errorf("%s %s: got %d %v, want %d %s", method, path, got, answer, status, code)
	}
}

// want compares what is at a path of a resource.
func (c *dataCloud) want(answer arm.Object, path string, want any) {
	c.t.Helper()
	if got, _ := arm.Lookup(answer, path); !cmp.Equal(got, want) {
		c.t.Errorf("%s is %v, want %v", path, got, want)
	}
}

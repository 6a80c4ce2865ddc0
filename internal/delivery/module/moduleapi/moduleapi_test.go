package moduleapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduleapi"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const token = "trun_good"

// people knows the tokens of the tests.
type people map[string]kernel.Actor

func (p people) Authenticate(_ context.Context, bearer string) (kernel.Actor, error) {
	if a, ok := p[bearer]; ok {
		return a, nil
	}
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token is wrong")
}

func serve(t *testing.T, rig *moduletest.Rig) *httptest.Server {
	t.Helper()
	return serveAt(t, rig, nil)
}

func serveAt(t *testing.T, rig *moduletest.Rig, clock kernel.Clock) *httptest.Server {
	t.Helper()
	router := httpserver.NewRouter(httpserver.Options{Authenticator: people{
		token:   {ID: "run_1", Kind: kernel.ActorRun, Tenant: "acme"},
		"other": {ID: "run_2", Kind: kernel.ActorRun, Tenant: "other"},
	}})
	api := moduleapi.API{Modules: rig.Service, Key: []byte("0123456789abcdef0123456789abcdef"), Clock: clock}
	api.Mount(router)
	api.Register(httpserver.NewAPI(router, "test"))
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return server
}

func source(version string) string {
	return fmt.Sprintf("# version %s\nvariable \"name\" {\n  type = string\n}\noutput \"host\" {\n  value = var.name\n}\n", version)
}

func publish(t *testing.T, rig *moduletest.Rig, versions ...string) {
	t.Helper()
	a := module.Address{Namespace: "acme", Name: "cache", System: "local"}
	for _, version := range versions {
		packed := moduletest.Pack(t, map[string]string{"main.tf": source(version)})
		if _, err := rig.Publish(t.Context(), kernel.Scope{Tenant: "acme"}, a, version, packed); err != nil {
			t.Fatal(err)
		}
	}
}

// call sends a request and returns the answer with its body read.
func call(t *testing.T, method, address, bearer string, body io.Reader, contentType string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestRegistryProtocol(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	server := serve(t, rig)
	publish(t, rig, "1.0.0", "1.1.0")
	for name, c := range map[string]struct {
		path   string
		status int
		want   string
	}{
		"discovery":            {"/.well-known/terraform.json", 200, `{"modules.v1":"/registry/v1/modules/"}`},
		"versions":             {"/registry/v1/modules/acme/cache/local/versions", 200, `{"modules":[{"source":"acme/cache/local","versions":[{"version":"1.1.0"},{"version":"1.0.0"}]}]}`},
		"latest":               {"/registry/v1/modules/acme/cache/local", 200, `"version":"1.1.0"`},
		"latest of each":       {"/registry/v1/modules/acme/cache", 200, `"id":"acme/cache/local/1.1.0"`},
		"one version":          {"/registry/v1/modules/acme/cache/local/1.0.0", 200, `"inputs":[{"name":"name","type":"string","required":true}]`},
		"no such module":       {"/registry/v1/modules/acme/nothing/local/versions", 404, "there is no module acme/nothing/local"},
		"no such version":      {"/registry/v1/modules/acme/cache/local/9.9.9/download", 404, "does not exist"},
		"archive, not signed":  {"/registry/v1/modules/acme/cache/local/1.0.0/archive.tar.gz?tenant=acme", 401, "not signed"},
		"archive, no question": {"/registry/v1/modules/acme/cache/local/1.0.0/archive.tar.gz", 401, "not signed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, body := call(t, http.MethodGet, server.URL+c.path, token, nil, "")
			if res.StatusCode != c.status || !strings.Contains(body, c.want) {
				t.Fatalf("%d %s, want %d with %s", res.StatusCode, body, c.status, c.want)
			}
		})
	}
	res, _ := call(t, http.MethodGet, server.URL+"/registry/v1/modules/acme/cache/local/download", token, nil, "")
	if res.StatusCode != http.StatusFound || res.Header.Get("Location") != "/registry/v1/modules/acme/cache/local/1.1.0/download" {
		t.Fatalf("download of the latest: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestRegistryNeedsAToken(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	server := serve(t, rig)
	publish(t, rig, "1.0.0")
	const of = "/registry/v1/modules/acme/cache/local"
	for _, path := range []string{of, of + "/versions", of + "/download", of + "/1.0.0", of + "/1.0.0/download", "/registry/v1/modules/acme/cache"} {
		if res, _ := call(t, http.MethodGet, server.URL+path, "", nil, ""); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", path, res.StatusCode)
		}
		if res, _ := call(t, http.MethodGet, server.URL+path, "other", nil, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s from another tenant: %d", path, res.StatusCode)
		}
	}
}

func TestArchiveAddressesAreSignedAndExpire(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	early, late := serveAt(t, rig, func() time.Time { return now }), serveAt(t, rig, func() time.Time { return now.Add(time.Hour) })
	publish(t, rig, "1.0.0", "1.1.0")
	download := early.URL + "/registry/v1/modules/acme/cache/local/1.0.0/download"
	res, _ := call(t, http.MethodGet, download, token, nil, "")
	base, err := url.Parse(download)
	if err != nil || res.StatusCode != http.StatusNoContent {
		t.Fatal(res.StatusCode, err)
	}
	at, err := base.Parse(res.Header.Get("X-Terraform-Get"))
	if err != nil {
		t.Fatal(err)
	}
	res, body := call(t, http.MethodGet, at.String(), "", nil, "")
	files, err := archive.Read(strings.NewReader(body))
	if err != nil || res.StatusCode != http.StatusOK || string(files["main.tf"]) != source("1.0.0") {
		t.Fatalf("%d, %v: %s", res.StatusCode, err, files["main.tf"])
	}
	if at.Query().Get("checksum") != string(kernel.DigestOf([]byte(body))) {
		t.Error("the checksum in the address is not that of the archive")
	}
	for name, address := range map[string]string{
		"another version": strings.Replace(at.String(), "1.0.0", "1.1.0", 1),
		"another tenant":  strings.Replace(at.String(), "tenant=acme", "tenant=other", 1),
		"a later end":     strings.Replace(at.String(), "expires=", "expires=9", 1),
		"after its end":   strings.Replace(at.String(), early.URL, late.URL, 1),
	} {
		if res, _ := call(t, http.MethodGet, address, "", nil, ""); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", name, res.StatusCode)
		}
	}
}

func TestPublishOverHTTP(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	server := serve(t, rig)
	address := server.URL + "/api/v1/modules/acme/cache/local/1.0.0"
	put := func(text string) (*http.Response, string) {
		return call(t, http.MethodPut, address, token, moduletest.Pack(t, map[string]string{"main.tf": text}), "application/gzip")
	}
	res, body := put(source("1.0.0"))
	var got struct {
		Digest kernel.Digest
		Inputs []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || res.StatusCode != http.StatusOK || len(got.Inputs) != 1 || got.Digest == "" {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if res, body := put("# other\n"); res.StatusCode != http.StatusConflict || !strings.Contains(body, "raise the version") {
		t.Fatalf("other content: %d %s", res.StatusCode, body)
	}
	res, body = call(t, http.MethodPut, strings.Replace(address, "1.0.0", "1.0.1", 1), token,
		moduletest.Pack(t, map[string]string{"main.tf": "\n}\n"}), "application/gzip")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `"file":"main.tf","line":2`) {
		t.Fatalf("a broken module: %d %s", res.StatusCode, body)
	}
	res, body = call(t, http.MethodPut, address, token, bytes.NewReader(make([]byte, archive.MaxPacked+1)), "application/gzip")
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Fatalf("too large: %d %s", res.StatusCode, body)
	}
	res, body = call(t, http.MethodGet, server.URL+"/api/v1/modules", token, nil, "")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `"version":"1.0.0"`) {
		t.Fatalf("list: %d %s", res.StatusCode, body)
	}
}

func TestDefinitionsOverHTTP(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	server := serve(t, rig)
	publish(t, rig, "1.0.0")
	address := server.URL + "/api/v1/definitions/cache"
	yaml := "apiVersion: terrace.dev/v1\nkind: Definition\nmetadata:\n  name: cache\nspec:\n  type: redis\n  module:\n    source: acme/cache/local\n"
	apply := func(source string) (*http.Response, string) {
		body, err := json.Marshal(map[string]string{"source": source})
		if err != nil {
			t.Fatal(err)
		}
		return call(t, http.MethodPut, address, token, bytes.NewReader(body), "application/json")
	}
	if res, body := apply(yaml); res.StatusCode != http.StatusOK || !strings.Contains(body, `"revision":1`) {
		t.Fatalf("apply: %d %s", res.StatusCode, body)
	}
	if res, body := apply(yaml + "  criteria:\n    - moon: yes\n"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `"line":10`) {
		t.Fatalf("apply a broken one: %d %s", res.StatusCode, body)
	}
	if res, body := call(t, http.MethodGet, address, token, nil, ""); res.StatusCode != http.StatusOK || !strings.Contains(body, `"type":"redis"`) {
		t.Fatalf("get: %d %s", res.StatusCode, body)
	}
	if res, body := call(t, http.MethodGet, server.URL+"/api/v1/definitions", token, nil, ""); res.StatusCode != http.StatusOK || !strings.Contains(body, `"items":[{"name":"cache"`) {
		t.Fatalf("list: %d %s", res.StatusCode, body)
	}
	rig.Live = []module.Deployment{{Project: "shop", Workload: "orders", Stage: "dev", Resource: "redis.default#orders.cache"}}
	if res, body := call(t, http.MethodDelete, address, token, nil, ""); res.StatusCode != http.StatusConflict || !strings.Contains(body, "shop/orders/dev") {
		t.Fatalf("delete of what lives: %d %s", res.StatusCode, body)
	}
	rig.Live = nil
	if res, body := call(t, http.MethodDelete, address, token, nil, ""); res.StatusCode != http.StatusNoContent {
		t.Fatalf("delete: %d %s", res.StatusCode, body)
	}
	if res, _ := call(t, http.MethodGet, address, token, nil, ""); res.StatusCode != http.StatusNotFound {
		t.Fatalf("get after delete: %d", res.StatusCode)
	}
}

package releaseapi_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/release/releaseapi"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// catalog serves everything and allows everything in the project shop.
type catalog struct{}

func (catalog) Index(context.Context, kernel.Scope) (*graph.Index, error) {
	return graph.NewIndex([]graph.Definition{{Name: "redis", Type: "redis", Module: graph.ModuleRef{Source: "terrace/redis/local"}}})
}

func (catalog) Resolve(_ context.Context, _ kernel.Scope, ref graph.ModuleRef) (graph.ModulePin, error) {
	return graph.ModulePin{Source: ref.Source, Version: "1.0.0", Outputs: []string{"host"}}, nil
}

func (catalog) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if scope.Project != "shop" {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

func (catalog) Record(context.Context, kernel.Fact) error { return nil }

type fixture struct {
	service *release.Service
	handler http.Handler
	actor   kernel.Actor
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	stages, err := stage.NewSet(stage.Default())
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.SQLite(t, releasesql.Migrations())
	f := fixture{actor: kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "default"}}
	f.service = release.NewService(release.Config{
		Store: releasesql.NewStore(d), Tx: d, Authorizer: catalog{}, Journal: catalog{}, Blobs: blobs,
		Definitions: catalog{}, Modules: catalog{}, Stages: stages, Spool: t.TempDir(),
	})
	router := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(f.actor)})
	releaseapi.API{Releases: f.service}.Register(httpserver.NewAPI(router, "test"))
	f.handler = router
	return f
}

func (f fixture) do(t *testing.T, method, path string, body io.Reader, into any) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, body)
	if body != nil {
		r.Header.Set("Content-Type", "application/gzip")
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
	}
	return w.Code
}

func archive(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "app", Mode: 0o755}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Close(), z.Close()
	return b.Bytes()
}

func TestUploadThenRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	content := archive(t)
	path := "/projects/shop/artifacts/" + string(kernel.DigestOf(content))
	if status := f.do(t, http.MethodHead, path, nil, nil); status != http.StatusNotFound {
		t.Errorf("before the upload: %d", status)
	}
	var a release.Artifact
	if status := f.do(t, http.MethodPost, "/projects/shop/artifacts", bytes.NewReader(content), &a); status != http.StatusOK || a.Digest != kernel.DigestOf(content) {
		t.Fatalf("upload: %d %+v", status, a)
	}
	if status := f.do(t, http.MethodHead, path, nil, nil); status != http.StatusOK {
		t.Errorf("after the upload: %d", status)
	}
	var again release.Artifact
	if status := f.do(t, http.MethodGet, path, nil, &again); status != http.StatusOK || again != a {
		t.Errorf("read: %d %+v", status, again)
	}
	if status := f.do(t, http.MethodPost, "/projects/shop/artifacts", bytes.NewReader([]byte("x")), nil); status != http.StatusUnprocessableEntity {
		t.Errorf("no archive: %d", status)
	}
	if status := f.do(t, http.MethodPost, "/projects/other/artifacts", bytes.NewReader(content), nil); status != http.StatusForbidden {
		t.Errorf("another project: %d", status)
	}
}

func TestReleasesOnTheWire(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w, err := workload.Parse("score.yaml", []byte("apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers: {main: {image: x}}\nresources: {cache: {type: redis}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := kernel.WithActor(t.Context(), f.actor)
	composed, err := f.service.Compose(ctx, kernel.Scope{Tenant: "default", Project: "shop"}, release.New{Workload: w, Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	made, err := f.service.Add(ctx, composed)
	if err != nil {
		t.Fatal(err)
	}
	var page kernel.Page[releaseapi.Release]
	if status := f.do(t, http.MethodGet, "/projects/shop/workloads/orders/releases?limit=10", nil, &page); status != http.StatusOK {
		t.Fatalf("list: %d", status)
	}
	if len(page.Items) != 1 || page.Items[0].ID != made.ID || page.Items[0].CreatedBy != "ada" {
		t.Errorf("list %+v", page)
	}
	var detail releaseapi.ReleaseDetail
	if status := f.do(t, http.MethodGet, "/projects/shop/releases/"+made.ID, nil, &detail); status != http.StatusOK {
		t.Fatalf("get: %d", status)
	}
	if detail.Version != "1.2.3" || len(detail.Definitions) != 1 || len(detail.Modules) != 2 || !bytes.Contains(detail.Spec, []byte(`"orders"`)) {
		t.Errorf("get %+v", detail)
	}
	if status := f.do(t, http.MethodGet, "/projects/shop/releases/rel_nope", nil, nil); status != http.StatusNotFound {
		t.Errorf("an unknown release: %d", status)
	}
}

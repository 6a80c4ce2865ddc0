package registry_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/terrace-idp/terrace/internal/target/kubernetes/registry"
)

func TestTagsGetTheDigestThatTheRegistryTells(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(ggcr.New())
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(host + "/orders:1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	got := registry.Resolver{Log: slog.New(slog.NewTextHandler(&log, nil))}.Pin(t.Context(), map[string]string{
		"main": host + "/orders:1.0.0", "gone": host + "/orders:2", "away": "127.0.0.1:1/a:1", "fixed": host + "/orders@" + digest.String(), "folder": ".",
	})
	if len(got) != 1 || got["main"] != host+"/orders:1.0.0@"+digest.String() {
		t.Errorf("pinned %v", got)
	}
	if !strings.Contains(log.String(), "127.0.0.1:1") {
		t.Errorf("the log does not tell which registry was silent: %s", log.String())
	}
}

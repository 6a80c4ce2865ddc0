package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/cli/bundle"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// buildTime bounds the build of one container.
const buildTime = 10 * time.Minute

// builder builds folders of pull requests with the client's own code, so that the
// same source gives the same artifact wherever it is built. One at a time.
type builder struct {
	releases *release.Service
	env      []string
	one      *sync.Mutex
}

// newBuilder gives the compiler nothing of the daemon's environment but its caches
// and where modules come from: what it compiles is not Terrace's. The caches are
// shared, as a build without cgo runs nothing of what it compiles, and what is in
// them is named by what it was made from.
func newBuilder(p *platform, d *delivery) builder {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.path("builds"),
		"GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local", "GOFLAGS=-mod=readonly",
	}
	env = append(env, "GOCACHE="+cache(p), "GOPATH="+p.path("builds", "go"))
	passed := []string{"GOMODCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"}
	for _, v := range p.environ {
		if name, _, _ := strings.Cut(v, "="); slices.Contains(passed, name) {
			env = append(env, v)
		}
	}
	return builder{releases: d.releases, env: env, one: &sync.Mutex{}}
}

// cache is where go keeps what it has compiled: that of the daemon's user, else a
// folder of Terrace's.
func cache(p *platform) string {
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "go-build")
	}
	return p.path("builds", "cache")
}

// Build implements vcs.Builder.
func (b builder) Build(ctx context.Context, scope kernel.Scope, dir string) (kernel.Digest, error) {
	b.one.Lock()
	defer b.one.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, buildTime, kernel.Errorf(kernel.Refused, "the build took longer than %s", buildTime))
	defer cancel()
	built, err := bundle.BuildWith(ctx, dir, b.env)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return "", cause
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = built.Close() }() // a temporary folder
	content, err := built.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }() // was only read
	a, err := b.releases.PutArtifact(ctx, scope, content)
	return a.Digest, err
}

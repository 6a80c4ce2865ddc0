// Package registry asks container registries which digest a tag is now.
//
// It owns the bounds of asking. It pulls nothing, and it signs in only with what
// the machine has for a registry (the configuration of docker or podman), which
// it neither keeps nor tells.
package registry

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// patience bounds the asking for all images of a workload together.
const patience = 8 * time.Second

// atOnce bounds how many images are asked about at the same time.
const atOnce = 8

// Resolver finds digests.
type Resolver struct {
	// Transport reaches the registries; nil is the usual one.
	Transport http.RoundTripper
	Log       *slog.Logger
}

// Pin returns, for those of the images whose registry answers, the reference
// with the digest: name:tag@sha256:…. The others are left out; so are those
// that name a digest already.
func (r Resolver) Pin(ctx context.Context, images map[string]string) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	pinned, slots := map[string]string{}, make(chan struct{}, atOnce)
	for container, image := range images {
		slots <- struct{}{} // whoever has one ends with ctx at the latest
		all.Go(func() {
			defer func() { <-slots }()
			reference, ok := r.pin(ctx, image)
			if !ok {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			pinned[container] = reference
		})
	}
	all.Wait()
	return pinned
}

func (r Resolver) pin(ctx context.Context, image string) (string, bool) {
	tag, err := name.NewTag(image)
	if err != nil { // a digest, or no reference at all
		return "", false
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	if r.Transport != nil {
		options = append(options, remote.WithTransport(r.Transport))
	}
	described, err := remote.Head(tag, options...)
	if err != nil {
		if r.Log != nil {
			// Only the registry is named: its answer may quote how it was asked.
			r.Log.InfoContext(ctx, "an image stays a tag: its registry does not tell the digest", "registry", tag.RegistryStr())
		}
		return "", false
	}
	return image + "@" + described.Digest.String(), true
}

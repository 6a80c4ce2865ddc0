package module

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Publish adds a version of a module from its gzipped tar. A version never
// changes: publishing the same files again returns what is there, other files
// under the same number are a Conflict. An archive that is unsafe or a module
// that does not parse is Invalid, one over a bound TooLarge.
func (s *Service) Publish(ctx context.Context, scope kernel.Scope, a Address, version string, packed io.Reader) (Version, error) {
	version, files, err := s.offered(ctx, scope, a, version, packed)
	if err != nil {
		return Version{}, err
	}
	return s.publish(ctx, scope, a, version, files)
}

// offered reads what somebody who may publish offers, and checks its name.
func (s *Service) offered(ctx context.Context, scope kernel.Scope, a Address, version string, packed io.Reader) (string, archive.Files, error) {
	if err := s.authorize(ctx, "module.publish", scope); err != nil {
		return "", nil, err
	}
	if err := a.check(); err != nil {
		return "", nil, err
	}
	version, err := checkVersion(version)
	if err != nil {
		return "", nil, err
	}
	files, err := archive.Read(packed)
	return version, files, err
}

func (s *Service) publish(ctx context.Context, scope kernel.Scope, a Address, version string, files archive.Files) (Version, error) {
	digest := files.Digest()
	if v, found, err := s.published(ctx, scope, a, version, digest); found || err != nil {
		return v, err
	}
	v, err := s.prepare(ctx, scope, a, version, files)
	if err != nil {
		return Version{}, err
	}
	err = s.deps.Tx.InTx(ctx, func(ctx context.Context) error { return s.add(ctx, scope, v) })
	if kernel.Is(err, kernel.Conflict) { // somebody was faster
		if v, found, err := s.published(ctx, scope, a, version, digest); found || err != nil {
			return v, err
		}
	}
	return v, err
}

// published looks for the version; found only when its content is the same.
func (s *Service) published(ctx context.Context, scope kernel.Scope, a Address, version string, digest kernel.Digest) (v Version, found bool, err error) {
	v, err = s.deps.Versions.Get(ctx, scope, a, version)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return Version{}, false, nil
	case err != nil:
		return Version{}, false, err
	case v.Digest != digest:
		return Version{}, false, kernel.Errorf(kernel.Conflict,
			"module %s %s is published with other content (%s, this is %s)", a, version, v.Digest.Short(), digest.Short()).
			WithFix("a published version never changes: raise the version and publish again")
	}
	return v, true, nil
}

// prepare inspects the files and stores their archive, which is named by its
// content, so that one left behind by a failure does no harm.
func (s *Service) prepare(ctx context.Context, scope kernel.Scope, a Address, version string, files archive.Files) (Version, error) {
	inputs, outputs, err := inspect(files)
	if err != nil {
		return Version{}, err
	}
	packed, err := files.Pack()
	if err != nil {
		return Version{}, err
	}
	v := Version{
		Address: a, Version: version, Digest: files.Digest(), Archive: kernel.DigestOf(packed), Size: int64(len(packed)),
		Inputs: inputs, Outputs: outputs, PublishedBy: actorID(ctx), PublishedAt: s.deps.Clock.Now(),
	}
	if err := s.deps.Blobs.Put(ctx, blobKey(scope, v.Archive), bytes.NewReader(packed)); err != nil {
		return Version{}, fmt.Errorf("store module %s %s: %w", a, version, err)
	}
	return v, nil
}

func (s *Service) add(ctx context.Context, scope kernel.Scope, v Version) error {
	if err := s.deps.Versions.Insert(ctx, tenantOf(scope), v); err != nil {
		return err
	}
	return s.deps.Journal.Record(ctx, kernel.Fact{
		Type: "module.published", Scope: tenantOf(scope), Subject: v.Address.String() + " " + v.Version,
		Data: map[string]any{"module": v.Address.String(), "version": v.Version, "digest": v.Digest},
	})
}

func blobKey(scope kernel.Scope, archive kernel.Digest) string {
	return "modules/" + scope.Tenant + "/" + archive.Hex() + ".tar.gz"
}

package module

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Versions returns all versions of a module, the newest first. NotFound where
// there is none.
func (s *Service) Versions(ctx context.Context, scope kernel.Scope, a Address) ([]Version, error) {
	if err := s.authorize(ctx, "module.read", scope); err != nil {
		return nil, err
	}
	return s.versions(ctx, scope, a)
}

func (s *Service) versions(ctx context.Context, scope kernel.Scope, a Address) ([]Version, error) {
	versions, err := s.deps.Versions.Of(ctx, tenantOf(scope), a)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "there is no module %s", a).
			WithFix("publish it first, or correct the address")
	}
	slices.SortFunc(versions, func(x, y Version) int { return -compare(x.Version, y.Version) })
	return versions, nil
}

// compare orders two versions as semver.org §11 does; both are valid, as
// everything that was published.
func compare(x, y string) int {
	a, errA := semver.StrictNewVersion(x)
	b, errB := semver.StrictNewVersion(y)
	if errA != nil || errB != nil {
		return 0
	}
	return a.Compare(b)
}

// Latest returns the newest version that is no pre-release, or the newest
// pre-release where there is nothing else.
func (s *Service) Latest(ctx context.Context, scope kernel.Scope, a Address) (Version, error) {
	versions, err := s.Versions(ctx, scope, a)
	if err != nil {
		return Version{}, err
	}
	return latest(versions), nil
}

// latest takes versions that are sorted, the newest first.
func latest(versions []Version) Version {
	for _, v := range versions {
		if parsed, err := semver.StrictNewVersion(v.Version); err == nil && parsed.Prerelease() == "" {
			return v
		}
	}
	return versions[0]
}

// LatestOfEach returns the newest version for every system that the module is
// published for, sorted by system.
func (s *Service) LatestOfEach(ctx context.Context, scope kernel.Scope, namespace, name string) ([]Version, error) {
	if err := s.authorize(ctx, "module.read", scope); err != nil {
		return nil, err
	}
	systems, err := s.deps.Versions.Systems(ctx, tenantOf(scope), namespace, name)
	if err != nil {
		return nil, err
	}
	if len(systems) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "there is no module %s/%s", namespace, name)
	}
	newest := make([]Version, 0, len(systems))
	for _, system := range systems {
		versions, err := s.versions(ctx, scope, Address{namespace, name, system})
		if err != nil {
			return nil, err
		}
		newest = append(newest, latest(versions))
	}
	return newest, nil
}

// Get returns one version of a module.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, a Address, version string) (Version, error) {
	if err := s.authorize(ctx, "module.read", scope); err != nil {
		return Version{}, err
	}
	return s.deps.Versions.Get(ctx, tenantOf(scope), a, version)
}

// List returns a part of all versions of all modules, sorted by address.
func (s *Service) List(ctx context.Context, scope kernel.Scope, r kernel.PageRequest) (kernel.Page[Version], error) {
	if err := s.authorize(ctx, "module.read", scope); err != nil {
		return kernel.Page[Version]{}, err
	}
	return s.deps.Versions.Page(ctx, tenantOf(scope), r)
}

// Archive returns a version and its archive; the caller closes it. It asks for
// no permission: whoever calls has made sure that the archive may be read, as
// the registry does by signing its address.
func (s *Service) Archive(ctx context.Context, scope kernel.Scope, a Address, version string) (Version, io.ReadCloser, error) {
	v, err := s.deps.Versions.Get(ctx, tenantOf(scope), a, version)
	if err != nil {
		return Version{}, nil, err
	}
	content, err := s.deps.Blobs.Get(ctx, blobKey(scope, v.Archive))
	if err != nil {
		return Version{}, nil, fmt.Errorf("open module %s %s: %w", a, version, err)
	}
	return v, content, nil
}

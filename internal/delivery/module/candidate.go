package module

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Candidate is a version of a module that could be published.
type Candidate struct {
	Address
	// Version is the number that it would have.
	Version string
	// Pin is what definitions would resolve to if it were.
	Pin   graph.ModulePin
	files archive.Files
}

// Candidate reads a version as Publish does, with its errors, and stores nothing.
func (s *Service) Candidate(ctx context.Context, scope kernel.Scope, a Address, version string, packed io.Reader) (Candidate, error) {
	version, files, err := s.offered(ctx, scope, a, version, packed)
	if err != nil {
		return Candidate{}, err
	}
	v, found, err := s.published(ctx, scope, a, version, files.Digest())
	if err != nil {
		return Candidate{}, err
	}
	if !found {
		v = Version{Address: a, Version: version, Digest: files.Digest()}
		if v.Inputs, v.Outputs, err = inspect(files); err != nil {
			return Candidate{}, err
		}
	}
	return Candidate{Address: a, Version: version, Pin: v.pin(), files: files}, nil
}

// Offer makes a candidate one that terraform can fetch: as a pre-release, which
// no constraint chooses that does not name it.
func (s *Service) Offer(ctx context.Context, scope kernel.Scope, c Candidate) (graph.ModulePin, error) {
	if err := s.authorize(ctx, "module.publish", scope); err != nil {
		return graph.ModulePin{}, err
	}
	v, err := s.publish(ctx, scope, c.Address, candidateVersion(c.Version, c.files.Digest()), c.files)
	return v.pin(), err
}

// candidateVersion is a pre-release of the version that names the content.
func candidateVersion(version string, digest kernel.Digest) string {
	separator := "-"
	if strings.Contains(version, "-") {
		separator = "."
	}
	return version + separator + "candidate.x" + digest.Hex()[:12]
}

// Source returns what resolves references where the candidate, with the pin that
// it has, were published; all else is as today.
func (c Candidate) Source(pin graph.ModulePin, today graph.ModuleSource) graph.ModuleSource {
	return graph.ModuleFunc(func(ref graph.ModuleRef) (graph.ModulePin, error) {
		found, err := today.Module(ref)
		if err != nil && !kernel.Is(err, kernel.NotFound) || ref.Source != c.Address.String() {
			return found, err
		}
		constraints, bad := parseConstraints(ref.Version)
		if bad != nil {
			return found, bad
		}
		fits, bad := satisfies(c.Version, constraints)
		if bad != nil || !fits || err == nil && compare(c.Version, found.Version) <= 0 {
			return found, err
		}
		return pin, nil
	})
}

// CandidateDefinitions reads definitions as ApplyDefinition does, with its errors,
// and returns all definitions that there would be with them.
// Nothing is stored.
func (s *Service) CandidateDefinitions(ctx context.Context, scope kernel.Scope, sources map[string]string) ([]graph.Definition, error) {
	if err := s.authorize(ctx, "definition.apply", scope); err != nil {
		return nil, err
	}
	all, err := s.All(ctx, scope)
	if err != nil {
		return nil, err
	}
	kept := all[:0]
	for _, d := range all {
		if _, changed := sources[d.Name]; !changed {
			kept = append(kept, d)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		d, err := s.readDefinition(ctx, scope, name, []byte(sources[name]))
		if err != nil {
			return nil, err
		}
		claims, err := claimsOf(d)
		if err != nil {
			return nil, err
		}
		if err := claimed(kept, d, claims); err != nil {
			return nil, err
		}
		if err := s.checkModule(ctx, scope, d, []byte(sources[name])); err != nil {
			return nil, err
		}
		kept = append(kept, d)
	}
	return kept, nil
}

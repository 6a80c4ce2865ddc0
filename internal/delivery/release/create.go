package release

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// idPrefix begins the id of every release.
const idPrefix = "rel_"

// VersionAnnotation is the annotation of a workload that labels its releases.
const VersionAnnotation = "terrace.dev/version"

// attempts bounds how often a release is numbered again when others are made
// at the same time.
const attempts = 5

// Compose makes a release that nothing knows yet: Add keeps it.
func (s *Service) Compose(ctx context.Context, scope kernel.Scope, n New) (Release, error) {
	scope = scope.InProject(scope.Project)
	if err := s.c.Authorizer.Authorize(ctx, ActionDeploy, scope); err != nil {
		return Release{}, err
	}
	return s.compose(ctx, scope, n)
}

// number keeps the release under the next number of its workload.
func (s *Service) number(ctx context.Context, r Release) (Release, error) {
	for range attempts {
		made, err := s.Add(ctx, r)
		if !kernel.Is(err, kernel.Conflict) {
			return made, err
		}
	}
	return Release{}, kernel.Errorf(kernel.Locked, "too many releases of %s are made at the same time", r.Workload).WithFix("try again")
}

// compose makes the release without its number.
func (s *Service) compose(ctx context.Context, scope kernel.Scope, n New) (Release, error) {
	r := Release{
		Scope: scope, Workload: n.Workload.Name, Version: n.version(), Spec: n.Workload.Canonical(),
		Images: n.Images, Lock: s.c.Lock, CreatedAt: s.c.Clock.Now(),
	}
	if err := checkVersion(r.Version); err != nil {
		return r, err
	}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		r.CreatedBy = actor.Name
	}
	var err error
	if r.Artifacts, err = s.artifacts(ctx, scope, n); err != nil {
		return r, err
	}
	if err = s.pin(ctx, &r, n.Workload); err != nil {
		return r, err
	}
	return r, r.address()
}

func (n New) version() string {
	if n.Version != "" {
		return n.Version
	}
	return n.Workload.Annotations[VersionAnnotation]
}

var versionPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)

func checkVersion(version string) error {
	if version == "" || versionPattern.MatchString(version) {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "%q cannot be a version", version).
		WithFix("use up to 64 letters, digits, dots, dashes, underscores and plus signs, such as 1.4.0")
}

// artifacts returns the records of the artifacts that the release names.
func (s *Service) artifacts(ctx context.Context, scope kernel.Scope, n New) (map[string]Artifact, error) {
	out := map[string]Artifact{}
	for _, container := range slices.Sorted(maps.Keys(n.Artifacts)) {
		if _, ok := n.Workload.Containers[container]; !ok {
			return nil, kernel.Errorf(kernel.Invalid, "the workload %s has no container %q for an artifact", n.Workload.Name, container).
				WithFix("the containers are %s", strings.Join(n.Workload.ContainerNames(), ", "))
		}
		a, err := s.c.Store.Artifact(ctx, scope, n.Artifacts[container])
		if kernel.Is(err, kernel.NotFound) {
			return nil, kernel.Errorf(kernel.Invalid, "the artifact %s of the container %s was not uploaded to the project %s",
				n.Artifacts[container], container, scope.Project).WithFix("upload it first, then deploy")
		}
		if err != nil {
			return nil, err
		}
		out[container] = a
	}
	if sources := n.Workload.Sources(); len(sources) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the workload %s still names files of the developer's machine: %s", n.Workload.Name, strings.Join(sources, ", ")).
			WithFix("deploy with terrace deploy, which puts their content into the workload")
	}
	return out, nil
}

// address gives the release its digest, and from it its id and, where it has
// none, its version.
func (r *Release) address() error {
	digest, err := kernel.DigestJSON(struct {
		Workload, Version string
		Spec              json.RawMessage
		Artifacts         map[string]Artifact
		Images            map[string]string `json:",omitempty"`
		Definitions       []graph.Definition
		Modules           []PinnedModule
		Lock              []byte
	}{r.Workload, r.Version, r.Spec, r.Artifacts, r.Images, r.Definitions, r.Modules, r.Lock})
	if err != nil {
		return err
	}
	r.Digest, r.ID = digest, idPrefix+digest.Hex()[:20]
	if r.Version == "" {
		r.Version = digest.Hex()[:8]
	}
	return nil
}

// Add keeps a release that was composed, under the next number of its workload, or
// returns the one that is there already. It is Conflict where another one has got
// the number at this moment: the whole transaction is then to be tried again.
func (s *Service) Add(ctx context.Context, r Release) (Release, error) {
	err := s.c.Tx.InTx(ctx, func(ctx context.Context) error {
		stored, err := s.c.Store.Get(ctx, r.Scope, r.ID)
		if err == nil {
			r = stored
			return nil
		}
		if !kernel.Is(err, kernel.NotFound) {
			return err
		}
		last, err := s.c.Store.LastNumber(ctx, r.Scope, r.Workload)
		if err != nil {
			return err
		}
		r.Number = last + 1
		if err := s.c.Store.Insert(ctx, r); err != nil {
			return err
		}
		return s.c.Journal.Record(ctx, created(r))
	})
	return r, err
}

func created(r Release) kernel.Fact {
	return kernel.Fact{
		Type: "release.created", Scope: r.Scope, Subject: r.ID,
		Data: map[string]any{"workload": r.Workload, "number": r.Number, "version": r.Version, "digest": r.Digest},
	}
}

// workload reads what the release is of.
func (r Release) workload() (*workload.Workload, error) {
	w, err := workload.Parse("release "+r.ID, r.Spec)
	if err != nil {
		return nil, fmt.Errorf("workload of release %s: %w", r.ID, err)
	}
	return w, nil
}

package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Image is a folder of a workload that is built, and how that stands.
type Image struct {
	Container string `json:"container"`
	// Folder is its path in the repository.
	Folder string      `json:"folder"`
	Build  string      `json:"build"`
	State  build.State `json:"state"`
	// Artifact is what came out.
	Artifact kernel.Digest `json:"artifact,omitempty"`
	// Output is the end of what the compiler said.
	Output    string    `json:"output,omitempty"`
	StartedAt time.Time `json:"startedAt,omitzero"`

	// Tree identifies what it is built from.
	Tree string `json:"tree"`
}

func (i Image) equal(o Image) bool {
	return i.Container == o.Container && i.Folder == o.Folder && i.Build == o.Build && i.State == o.State && i.Output == o.Output
}

// unbuilt are the problems of images that did not come about, each at its place.
type unbuilt struct{ problems []kernel.Problem }

// Error implements error.
func (u *unbuilt) Error() string { return u.problems[0].String() }

// untrustedBuilds refuses a workload whose images would be built, where nobody has
// said that what the repository has may be compiled here.
func (p *planner) untrustedBuilds(c *Change) bool {
	if p.source.Builds || len(c.wanted.folders) == 0 {
		return false
	}
	var problems []kernel.Problem
	for _, f := range c.wanted.folders {
		problems = append(problems, c.wanted.atImage(f.container, "the image is a folder, and Terrace may not build what this repository has",
			"have your CI build and push an image and name it; or an admin lets Terrace build it: terrace source trust "+p.source.Name+" --build"))
	}
	c.fail(problems...)
	return true
}

// images asks for the artifacts of a workload's folders. There are none as long as
// one is being built, and the object says so.
func (p *planner) images(ctx context.Context, c *Change, o *Object) (artifacts map[string]kernel.Digest, ready bool, err error) {
	artifacts, ready = map[string]kernel.Digest{}, true
	again := p.source.Again != "" && c.object != nil && c.object.State == Broken
	o.Images = nil
	var broken []kernel.Problem
	var under []string
	for _, f := range c.wanted.folders {
		b, err := p.built(ctx, c, f, again)
		if err != nil {
			return nil, false, err
		}
		o.Images = append(o.Images, imageOf(f, b))
		switch b.State {
		case build.Succeeded:
			artifacts[f.container] = b.Artifact
		case build.Failed:
			broken = append(append(broken, p.notBuilt(c, f, b)), b.Problems...)
		case build.Queued, build.Building:
			under = append(under, f.container+" from "+f.path)
		}
	}
	switch {
	case len(broken) > 0:
		return nil, false, &unbuilt{broken}
	case len(under) > 0:
		p.building[c.Key] = true
		c.doing = building
		o.State, c.Message = Progressing, "building "+strings.Join(under, ", ")
		return nil, false, nil
	}
	return artifacts, ready, nil
}

func (p *planner) built(ctx context.Context, c *Change, f folder, again bool) (build.Build, error) {
	r := build.Request{
		Scope: kernel.Scope{Tenant: p.source.Tenant, Project: c.Project}, RepositoryProject: p.source.RepositoryProject, Repository: p.source.Repository,
		Commit: p.tree.commit, Folder: f.path, Tree: f.tree, For: p.source.origin(), Limit: p.source.buildLimit(),
	}
	b, err := p.Builds.Ask(ctx, r)
	if err != nil || b.State != build.Failed || !again {
		return b, err
	}
	if err := p.Builds.Again(ctx, r); err != nil {
		return b, err
	}
	return p.Builds.Ask(ctx, r)
}

// buildLimit is how long a folder may be built, and what raises that.
func (s Source) buildLimit() build.Limit {
	l := build.Limit{Time: time.Duration(s.BuildTime), Of: "the build time of the " + s.origin()}
	l.Raise = fmt.Sprintf("an admin raises it with terrace source trust %s --build --build-time TIME --reason …, and terrace source sync %s tries again", s.Name, s.Name)
	if l.Time == 0 {
		l.Raise = "raise buildTime in the configuration; or for this source alone, " + l.Raise
	}
	return l
}

// waits reports whether a workload takes outputs of one that is still being built,
// and so has not asked for its run yet.
func (p *planner) waits(c *Change, o *Object) bool {
	for _, k := range c.taken() {
		if p.building[k] {
			o.State, c.Message, c.doing = Progressing, "waits for "+k.Name+", which is being built", waiting
			return true
		}
	}
	return false
}

// notBuilt tells at the image why there is none.
func (p *planner) notBuilt(c *Change, f folder, b build.Build) kernel.Problem {
	fix := b.Fix
	if fix == "" {
		fix = "mend the folder and push, or try it again with: terrace source sync " + p.source.Name
	}
	return c.wanted.atImage(f.container, fmt.Sprintf("the folder %s is not built: %s", f.path, b.Message), fix)
}

func imageOf(f folder, b build.Build) Image {
	i := Image{Container: f.container, Folder: f.path, Tree: f.tree, Build: b.ID, State: b.State, Artifact: b.Artifact, Output: b.Output}
	if b.StartedAt != nil {
		i.StartedAt = *b.StartedAt
	}
	return i
}

// Built implements build.Listener: the sources of the repository are due.
func (s *Service) Built(ctx context.Context, b build.Build) error {
	where := kernel.Scope{Tenant: b.Scope.Tenant, Project: b.RepositoryProject}
	return s.due(ctx, where, b.Repository, nil, func(Source) bool { return true })
}

// live puts how builds that are under way stand just now into the objects.
func (s *Service) live(ctx context.Context, n Source, objects []Object) error {
	for i := range objects {
		o := &objects[i]
		if o.State != Progressing || !slices.ContainsFunc(o.Images, func(m Image) bool { return !m.State.Ended() }) {
			continue
		}
		for j, m := range o.Images {
			b, err := s.Builds.Get(ctx, kernel.Scope{Tenant: n.Tenant, Project: o.Project}, m.Tree)
			if kernel.Is(err, kernel.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			o.Images[j] = imageOf(folder{container: m.Container, path: m.Folder, tree: m.Tree}, b)
		}
	}
	return nil
}

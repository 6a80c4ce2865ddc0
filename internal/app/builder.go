package app

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildexec"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildsql"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// buildOutput is what one build may print, in bytes.
const buildOutput = 4 << 20

// newBuilder makes what compiles folders of repositories with the client's own
// code, so that the same source gives the same artifact wherever it is built.
func newBuilder(p *platform, d *delivery) (*buildexec.Builder, error) {
	b := buildexec.New(buildexec.Config{
		Dir: p.path("builds"), Environ: p.environ, Keep: artifacts{d.releases}.keep, Isolated: d.isolation.on, Helper: d.isolation.helper,
		Hidden: func() []string {
			return append(append([]string{p.config.DataDir}, runner.Homes()...), hidden(p.config, d.stages.All(), p.environ)...)
		},
		Bounds: confine.Bounds{Memory: int64(p.config.RunMemory) << 20, Processes: p.config.RunProcesses}, Disk: int64(p.config.RunDisk) << 20, Output: buildOutput,
		Limit: build.Limit{Time: time.Duration(p.config.BuildTime), Of: "buildTime of the configuration", Raise: "raise buildTime in the configuration"},
	})
	return b, b.Tidy()
}

// newBuilds makes what builds the folders that sources have as images.
func newBuilds(p *platform, a *access, d *delivery) *build.Service {
	return build.New(build.Config{
		Store: buildsql.NewStore(p.db), Tx: p.db, Journal: a.journal, Commits: commits{d.repositories}, Builder: d.builder,
		Dir: filepath.Join(p.path("builds"), "commits"), Node: p.config.Node, Log: p.log,
	})
}

// artifacts keeps what was built.
type artifacts struct{ releases *release.Service }

func (a artifacts) keep(ctx context.Context, scope kernel.Scope, archive io.Reader) (kernel.Digest, error) {
	kept, err := a.releases.PutArtifact(ctx, scope, archive)
	return kept.Digest, err
}

// commits are those of repositories, hosted and connected.
type commits struct{ repositories *vcs.Service }

// Extract implements build.Commits.
func (c commits) Extract(ctx context.Context, scope kernel.Scope, repository, commit, dir string) error {
	r, err := c.repositories.Find(ctx, scope, repository)
	if err != nil {
		return err
	}
	files, err := c.repositories.Tree(ctx, r, commit)
	if err != nil {
		return err
	}
	return files.Extract(ctx, commit, dir)
}

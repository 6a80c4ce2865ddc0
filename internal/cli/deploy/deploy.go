// Package deploy has the commands that change what runs where: terrace
// deploy, promote, rollback and destroy.
//
// It owns their flags, and the build of local images on the way. The runs that
// they start are the server's; cli/runs follows them.
package deploy

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/runs"
	"github.com/terrace-idp/terrace/internal/cli/score"
	"github.com/terrace-idp/terrace/internal/delivery/bundle"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type deployment struct {
	e                      *command.Env
	stage, version, reason string
	lifetime               time.Duration
	dry                    dryRun
	waiting                runs.Waiting
}

// Command returns terrace deploy.
func Command(e *command.Env) *cobra.Command {
	d := &deployment{e: e}
	c := &cobra.Command{
		Use: "deploy [FILE]", Short: "Build a workload, make a release of it and bring it to a stage",
		Long: "Checks the file (score.yaml by default), builds containers whose image is a folder (image: .),\n" +
			"uploads what the server lacks, makes a release and follows its run to the end.\n\n" + dryRunHelp,
		Example: "  terrace deploy score.yaml --stage dev\n  terrace deploy --stage dev --version 1.4.0 --reason \"new price list\" --no-wait\n  terrace deploy --stage prod --dry-run",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file := "score.yaml"
			if len(args) == 1 {
				file = args[0]
			}
			return d.run(c.Context(), file)
		},
	}
	e.StageFlag(c, &d.stage, "stage", "the stage to deploy to", true)
	c.Flags().StringVar(&d.version, "version", "", "what people call the release; the file VERSION beside the score file by default")
	c.Flags().StringVar(&d.reason, "reason", "", "why; it is kept with the run and in the audit log")
	command.DurationVar(c.Flags(), &d.lifetime, "lifetime", 0, "how long it is to stay, such as 72h or 3d; it is removed then (as the stage has it)")
	d.waiting.Flags(c)
	d.dry.flag(c)
	return command.Override(c)
}

func (d *deployment) run(ctx context.Context, file string) error {
	f, err := score.Read(file)
	if err != nil {
		return err
	}
	text, err := f.Complete()
	if err != nil {
		return err
	}
	if err := usable(f, text); err != nil {
		return err
	}
	leaks, err := f.Leaks(ctx)
	if err != nil {
		return err
	}
	for _, l := range leaks {
		d.e.Say("warning: %s", l)
	}
	version, err := d.versionOf(f)
	if err != nil {
		return err
	}
	s, project, err := d.e.Project(ctx)
	if err != nil {
		return err
	}
	if err := d.askable(ctx, s, project, *f.Workload, text); err != nil {
		return f.Relocate(err)
	}
	artifacts, err := d.artifacts(ctx, s, project, f)
	if err != nil {
		return err
	}
	r, err := s.Deploy(ctx, project, apiclient.DeployRequest{Score: text, Stage: d.stage, Version: version, Artifacts: artifacts, Reason: d.reason, DryRun: d.dry.on, WhenOpen: d.dry.whenOpen, Lifetime: command.Length(d.lifetime)})
	if err != nil {
		return f.Relocate(err)
	}
	if d.dry.on {
		return f.Locate(d.dry.finish(ctx, d.e, s, project, r, d.waiting, nil))
	}
	return f.Locate(d.waiting.Finish(ctx, d.e, s, project, r))
}

// usable reports what is wrong with the usage that the complete text tells, before
// anything is built.
func usable(f *score.File, text string) error {
	w, err := workload.Parse(f.Path, []byte(text))
	if err != nil {
		return err
	}
	named := cmp.Or(f.Workload.Annotations[workload.UsageFileAnnotation], workload.UsageAnnotation)
	_, err = cost.ParseUsage(named, []byte(w.Annotations[workload.UsageAnnotation]))
	return err
}

func (d *deployment) versionOf(f *score.File) (string, error) {
	if d.version != "" {
		return d.version, nil
	}
	b, err := os.ReadFile(filepath.Join(f.Dir(), "VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", kernel.Errorf(kernel.Unavailable, "the file VERSION cannot be read: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// artifacts builds and uploads what the containers with a local image run.
func (d *deployment) artifacts(ctx context.Context, s command.Server, project string, f *score.File) (map[string]kernel.Digest, error) {
	digests, built := map[string]kernel.Digest{}, map[string]kernel.Digest{}
	for _, name := range f.Workload.ContainerNames() {
		image := f.Workload.Containers[name].Image
		if !bundle.Local(image) {
			continue
		}
		dir := filepath.Join(f.Dir(), filepath.FromSlash(image))
		digest, done := built[dir]
		if !done {
			var err error
			if digest, err = d.upload(ctx, s, project, name, dir); err != nil {
				return nil, err
			}
		}
		digests[name], built[dir] = digest, digest
	}
	return digests, nil
}

func (d *deployment) upload(ctx context.Context, s command.Server, project, container, dir string) (kernel.Digest, error) {
	start := time.Now()
	b, err := bundle.Builder{}.Build(ctx, dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = b.Close() }() // a temporary folder
	d.e.Say("%-9s %7s  container %s (%s), %s", "build", output.Duration(time.Since(start)), container, b.How, output.Size(b.Size))
	start = time.Now()
	if s.HasArtifact(ctx, project, b.Digest) {
		return b.Digest, nil
	}
	content, err := b.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }() // was only read
	a, err := s.PutArtifact(ctx, project, content, b.Size)
	if err != nil {
		return "", err
	}
	if a.Digest != "" && a.Digest != b.Digest {
		return "", kernel.Errorf(kernel.Unavailable, "the upload of container %s arrived damaged", container).WithFix("try again")
	}
	d.e.Say("%-9s %7s  %s", "upload", output.Duration(time.Since(start)), b.Digest.Short())
	return b.Digest, nil
}

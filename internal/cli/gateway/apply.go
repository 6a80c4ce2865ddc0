package gateway

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

const apiVersion = gatewaydoc.APIVersion

// fileFlag adds the flag that names documents.
func fileFlag(c *cobra.Command, to *[]string) {
	c.Flags().StringArrayVarP(to, "file", "f", nil, "a file of documents, a folder of such, or - for the input; may be repeated")
	_ = c.MarkFlagRequired("file")
	_ = c.MarkFlagFilename("file", "yaml", "yml", "json")
}

func apply(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var paths []string
	var p apiclient.ApplyGatewayDocumentsParams
	c := g.at(&cobra.Command{
		Use: "apply", Short: "Make routes, policies and products be as documents say, all of them or none", Args: cobra.NoArgs,
		Long: "Documents are of apiVersion " + apiVersion + " (kind Route, Product, or a kind of policy), or HTTPRoutes of the Gateway API.\n" +
			"Those that name no project or stage in their metadata are of the one that the command is about; those in a\n" +
			"folder stages/STAGE of a folder of documents are of that stage. A repository with such a folder is followed by\n" +
			"terrace source add.",
		Example: "  terrace gateway apply -f gateway/ --stage dev --dry-run\n  terrace gateway apply -f route.yaml --stage dev",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, _ []string) error {
		files, err := read(e, paths)
		if err != nil {
			return err
		}
		in := apiclient.ApplyGatewayDocumentsRequest{}
		for _, f := range files {
			in.Files = append(in.Files, apiclient.GatewayFile{Name: f.Name, Source: f.Source, Stage: f.Stage})
		}
		p.Project, p.Stage = at.Project, at.Stage
		a, err := s.ApplyGateway(ctx, p, in)
		if err != nil {
			return err
		}
		return e.Print(a, func(w io.Writer) { tell(w, a.DryRun, a.Changes...) })
	})
	fileFlag(c, &paths)
	changeFlags(c, &p.DryRun, &p.Owned)
	return c
}

func changeFlags(c *cobra.Command, dryRun, owned *bool) {
	c.Flags().BoolVar(dryRun, "dry-run", false, "only tell what would change")
	c.Flags().BoolVar(owned, "owned", false, "change also what a workload's Terraform or a source keeps as it is; its next run or reconciliation changes it back")
}

func tell(w io.Writer, dryRun bool, changes ...apiclient.GatewayChange) {
	would := ""
	if dryRun {
		would = "would be "
	}
	for _, c := range changes {
		_, _ = fmt.Fprintf(w, "%s %s %s%s\n", c.Kind, c.Name, would, c.Outcome)
		for line := range strings.Lines(c.Note) {
			_, _ = fmt.Fprintln(w, "  "+strings.TrimSuffix(line, "\n"))
		}
		for _, warning := range c.Warnings {
			_, _ = fmt.Fprintln(w, "  warning: "+warning.String())
		}
	}
}

// read reads the documents' files, in the order of their names.
func read(e *command.Env, paths []string) ([]gatewaydoc.File, error) {
	var names, stages []string
	for _, path := range paths {
		found, err := command.Documents(path)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			names, stages = append(names, name), append(stages, stageOf(path, name))
		}
	}
	files := make([]gatewaydoc.File, 0, len(names))
	for i, name := range names {
		if len(files) >= gatewaydoc.MaxFiles {
			return nil, kernel.Errorf(kernel.TooLarge, "there are %d files, more than the %d that are read at once", len(names), gatewaydoc.MaxFiles).WithFix("apply them in parts")
		}
		source, err := e.ReadSource(name, yamldoc.MaxBytes)
		if err != nil {
			return nil, err
		}
		if name == "-" {
			name = "the input"
		}
		files = append(files, gatewaydoc.File{Name: name, Source: string(source), Stage: stages[i]})
	}
	return files, nil
}

// stageOf is the stage of a file in a folder of documents: those below stages/STAGE are
// of it, as they are in a repository.
func stageOf(folder, file string) string {
	below, err := filepath.Rel(folder, file)
	parts := strings.Split(filepath.ToSlash(below), "/")
	if err != nil || len(parts) < 3 || parts[0] != "stages" {
		return ""
	}
	return parts[1]
}

package mesh

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// fileFlag adds the flag that names documents.
func fileFlag(c *cobra.Command, to *[]string) {
	c.Flags().StringArrayVarP(to, "file", "f", nil, "a file of documents, a folder of such, or - for the input; may be repeated")
	_ = c.MarkFlagRequired("file")
	_ = c.MarkFlagFilename("file", "yaml", "yml", "json")
}

func apply(e *command.Env) *cobra.Command {
	var stage string
	var paths []string
	var p apiclient.ApplyMeshDocumentsParams
	c := &cobra.Command{
		Use: "apply", Short: "Make documents of the mesh be as files say, all of them or none", Args: cobra.NoArgs,
		Long: "Documents are of apiVersion " + meshdoc.APIVersion + " (kind " + meshdoc.KindMesh + " or " + meshdoc.KindAuthorization + "), or HTTPRoutes and GRPCRoutes of the\n" +
			"Gateway API whose parents are services. Those that name no project or stage in their metadata are of the one that the\ncommand is about.",
		Example: "  terrace mesh apply -f mesh/ --stage dev --dry-run\n  terrace mesh apply -f mesh.yaml --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			files, err := read(e, paths)
			if err != nil {
				return err
			}
			in := apiclient.ApplyMeshDocumentsRequest{}
			for _, f := range files {
				in.Files = append(in.Files, apiclient.MeshFile{Name: f.Name, Source: f.Source})
			}
			p.Project, p.Stage = project, stage
			a, err := s.ApplyMesh(ctx, p, in)
			if err != nil {
				return err
			}
			return e.Print(a, func(w io.Writer) { tell(w, a.DryRun, a.Changes...) })
		}),
	}
	fileFlag(c, &paths)
	e.StageFlag(c, &stage, "stage", "the stage of documents that name none", false)
	changeFlags(c, &p.DryRun, &p.Owned)
	return c
}

func changeFlags(c *cobra.Command, dryRun, owned *bool) {
	c.Flags().BoolVar(dryRun, "dry-run", false, "only tell what would change")
	c.Flags().BoolVar(owned, "owned", false, "change also what a source keeps as it is; its next reconciliation changes it back")
}

func tell(w io.Writer, dryRun bool, changes ...apiclient.MeshChange) {
	would := ""
	if dryRun {
		would = "would be "
	}
	for _, c := range changes {
		_, _ = fmt.Fprintf(w, "%s %s %s%s\n", c.Kind, c.Name, would, c.Outcome)
		if c.Note != "" {
			_, _ = fmt.Fprintln(w, "  "+c.Note)
		}
		for _, warning := range c.Warnings {
			_, _ = fmt.Fprintln(w, "  warning: "+warning.String())
		}
	}
}

// Valid is what documents without a mistake are.
type Valid struct {
	Documents int `json:"documents"`
}

func validate(e *command.Env) *cobra.Command {
	var paths []string
	c := &cobra.Command{
		Use: "validate", Short: "Check documents of the mesh without a server", Args: cobra.NoArgs,
		Long:    "What a document names elsewhere, such as a stage, the server checks with: terrace mesh apply --dry-run",
		Example: "  terrace mesh validate -f mesh/",
		RunE: func(*cobra.Command, []string) error {
			files, err := read(e, paths)
			if err != nil {
				return err
			}
			docs, err := meshdoc.Read(files...)
			if err != nil {
				return err
			}
			return e.Print(Valid{len(docs)}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "valid: %s\n", output.Count(len(docs), "document")) })
		},
	}
	fileFlag(c, &paths)
	return c
}

// read reads the documents' files, in the order of their names.
func read(e *command.Env, paths []string) ([]meshdoc.File, error) {
	var files []meshdoc.File
	for _, path := range paths {
		names, err := command.Documents(path)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if len(files) >= meshdoc.MaxFiles {
				return nil, kernel.Errorf(kernel.TooLarge, "there are more than the %d files that are read at once", meshdoc.MaxFiles).WithFix("apply them in parts")
			}
			source, err := e.ReadSource(name, yamldoc.MaxBytes)
			if err != nil {
				return nil, err
			}
			if name == "-" {
				name = "the input"
			}
			files = append(files, meshdoc.File{Name: name, Source: string(source)})
		}
	}
	return files, nil
}

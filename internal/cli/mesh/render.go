package mesh

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/istio"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func render(e *command.Env) *cobra.Command {
	var stage, mesh, domain string
	var paths []string
	c := &cobra.Command{
		Use: "render", Short: "Write documents as the objects of a cluster's mesh", Args: cobra.NoArgs,
		Long: "The objects are for the namespace PROJECT-STAGE, where the stage's workloads run as service accounts of their names.\n" +
			"What the cluster's mesh cannot say is refused at its line. Apply them with kubectl, or keep them in Git.",
		Example: "  terrace mesh render --for istio -f mesh.yaml --stage prod | kubectl apply -f -",
		RunE: func(*cobra.Command, []string) error {
			project, err := named(e)
			if err != nil {
				return err
			}
			files, err := read(e, paths)
			if err != nil {
				return err
			}
			docs, err := meshdoc.Read(files...)
			if err != nil {
				return err
			}
			objects, err := istio.Render(kernel.Scope{Project: project, Stage: stage}, domain, docs)
			if err != nil {
				return err
			}
			if e.Format != output.Table {
				return e.Print(objects, nil)
			}
			return manifests(e.Out, objects)
		},
	}
	fileFlag(c, &paths)
	command.Choice(c, &mesh, "for", "", "the cluster's mesh", "istio")
	_ = c.MarkFlagRequired("for")
	e.StageFlag(c, &stage, "stage", "the stage that the objects are for", true)
	c.Flags().StringVar(&domain, "trust-domain", istio.DefaultTrustDomain, "the trust domain of the cluster's mesh")
	return c
}

// named returns the project that was named, here or at the sign-in: no server is asked.
func named(e *command.Env) (string, error) {
	if project := cmp.Or(e.Identity.Project, e.Files().Getenv("TERRACE_PROJECT")); project != "" {
		return project, nil
	}
	id, err := e.Files().Resolve(e.Identity, e.Context)
	if err != nil || id.Project == "" {
		return "", exit.Wrong("no project is named").WithFix("name one with --project or TERRACE_PROJECT")
	}
	return id.Project, nil
}

// manifests writes objects as documents of YAML.
func manifests(w io.Writer, objects []istio.Object) error {
	for _, o := range objects {
		if _, err := fmt.Fprintln(w, "---"); err != nil {
			return err
		}
		if err := output.Write(w, output.YAML, o, nil); err != nil {
			return err
		}
	}
	return nil
}

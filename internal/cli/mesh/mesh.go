// Package mesh has the commands terrace mesh …: how services of a stage call each other.
//
// It owns their flags and tables, and checks documents as far as that needs no server. What
// they mean is the server's.
package mesh

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// Command returns terrace mesh.
func Command(e *command.Env) *cobra.Command {
	return command.Group("mesh", "How services of a stage call each other: routes, who may call whom, mutual TLS",
		apply(e), validate(e), list(e), get(e), remove(e), why(e), graph(e), sidecars(e), bootstrapFile(e), render(e), schema(e))
}

// group is what the commands share.
type group struct {
	*command.Env

	stage string
}

// at has a command be about a stage.
func (g *group) at(c *cobra.Command, run func(ctx context.Context, s command.Server, at apiclient.MeshScope, args []string) error) *cobra.Command {
	g.StageFlag(c, &g.stage, "stage", "the stage", true)
	c.RunE = g.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
		return run(ctx, s, apiclient.MeshScope{Project: project, Stage: g.stage}, args)
	})
	return c
}

func list(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var kind string
	c := g.at(&cobra.Command{
		Use: "list", Short: "List the documents of a stage's mesh", Args: cobra.NoArgs,
		Example: "  terrace mesh list --stage dev\n  terrace mesh list --stage dev --kind AuthorizationPolicy",
	}, func(ctx context.Context, s command.Server, at apiclient.MeshScope, _ []string) error {
		all, err := s.MeshDocuments(ctx, at, kind)
		return command.PrintFound(e, all, err, []string{"KIND", "NAME", "OWNER", "AGE"}, func(d apiclient.MeshDocument) []string {
			return []string{d.Kind, d.Name, d.Owner, output.Age(e.Clock.Now(), d.UpdatedAt)}
		})
	})
	command.Choice(c, &kind, "kind", "", "only those of this kind", meshdoc.Kinds()...)
	return c
}

// Document is a document as it is applied.
type Document struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       any               `json:"spec"`
}

func get(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.named(&cobra.Command{
		Use: "get KIND NAME", Short: "Show a document of the mesh", Long: "What is shown can be applied again.",
		Example: "  terrace mesh get HTTPRoute orders --stage dev > orders.yaml",
	}, func(ctx context.Context, s command.Server, at apiclient.MeshScope, args []string) error {
		d, err := s.MeshDocument(ctx, at, args[0], args[1])
		if err != nil {
			return err
		}
		out := Document{APIVersion: d.APIVersion, Kind: d.Kind, Metadata: map[string]string{"name": d.Name, "project": d.Project, "stage": d.Stage}, Spec: d.Spec}
		if e.Format == output.Table {
			return output.Write(e.Out, output.YAML, out, nil)
		}
		return e.Print(out, nil)
	})
}

func remove(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var dryRun, owned bool
	c := g.named(&cobra.Command{
		Use: "delete KIND NAME", Short: "Delete a document of the mesh",
		Example: "  terrace mesh delete HTTPRoute orders --stage dev --dry-run\n  terrace mesh delete AuthorizationPolicy orders --stage dev",
	}, func(ctx context.Context, s command.Server, at apiclient.MeshScope, args []string) error {
		change, err := s.DeleteMeshDocument(ctx, args[0], args[1], apiclient.DeleteMeshDocumentParams{Project: at.Project, Stage: at.Stage, DryRun: dryRun, Owned: owned})
		if err != nil {
			return err
		}
		return e.Print(change, func(w io.Writer) { tell(w, dryRun, change) })
	})
	changeFlags(c, &dryRun, &owned)
	return c
}

// named makes a command about one document: KIND NAME.
func (g *group) named(c *cobra.Command, run func(ctx context.Context, s command.Server, at apiclient.MeshScope, args []string) error) *cobra.Command {
	c.Args = cobra.ExactArgs(2)
	c = g.at(c, run)
	command.ChoiceArgument(c, 0, meshdoc.Kinds()...)
	c.ValidArgsFunction = func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return meshdoc.Kinds(), cobra.ShellCompDirectiveNoFileComp
		case 1:
			return g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
				all, err := s.MeshDocuments(ctx, apiclient.MeshScope{Project: project, Stage: g.stage}, args[0])
				names := make([]string, 0, len(all))
				for _, d := range all {
					names = append(names, d.Name)
				}
				return names, err
			})(c, nil, typed)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

func why(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var method, path string
	var headers []string
	c := g.at(&cobra.Command{
		Use: "why FROM TO", Short: "Say whether a workload may call another, why, and who answers", Args: cobra.ExactArgs(2),
		Long:    "FROM and TO are workloads of the stage; FROM may be a SPIFFE ID. Without --request and --path the answer is about\nevery call, and says what it has to be where only some are allowed. A rule that asks for a header takes calls of --header.",
		Example: "  terrace mesh why web orders --stage dev\n  terrace mesh why web orders --stage dev -X POST --path /orders/1 --header X-Team=blue",
	}, func(ctx context.Context, s command.Server, at apiclient.MeshScope, args []string) error {
		told, err := written(headers)
		if err != nil {
			return err
		}
		a, err := s.ExplainMeshCall(ctx, apiclient.ExplainMeshCallParams{Project: at.Project, Stage: at.Stage, From: args[0], To: args[1], Method: method, Path: path, Header: told})
		if err != nil {
			return err
		}
		return e.Print(a, func(w io.Writer) { explain(w, a) })
	})
	c.Flags().StringVarP(&method, "request", "X", "", "the method; any unless given")
	c.Flags().StringVar(&path, "path", "", "the path; any unless given")
	c.Flags().StringArrayVarP(&headers, "header", "H", nil, "a header of the call, as NAME=VALUE or 'Name: value'; may be repeated")
	return c
}

// written are headers as the server reads them. No name of one has a colon or an equals sign.
func written(headers []string) ([]string, error) {
	var out []string
	for _, h := range headers {
		i := strings.IndexAny(h, ":=")
		if i < 1 {
			return nil, exit.Wrong("--header is %q, which is no header", h).WithFix("write it as NAME=VALUE")
		}
		out = append(out, h[:i]+": "+strings.TrimSpace(h[i+1:]))
	}
	return out, nil
}

func explain(w io.Writer, a apiclient.MeshAnswer) {
	verdict := "refused"
	switch {
	case a.Allowed && len(a.Conditions) > 0:
		verdict = "allowed where " + strings.Join(a.Conditions, "; or ")
	case a.Allowed:
		verdict = "allowed"
	}
	_, _ = fmt.Fprintf(w, "%s to %s: %s\n", a.From, a.To, verdict)
	for _, reason := range a.Reasons {
		_, _ = fmt.Fprintln(w, "  "+reason)
	}
	if a.Route != "" {
		_, _ = fmt.Fprintln(w, "  by "+a.Route)
	}
	for _, b := range a.Backends {
		port := ""
		if b.Port != 0 {
			port = fmt.Sprintf(":%d", b.Port)
		}
		_, _ = fmt.Fprintf(w, "  %s%s answers %g %%\n", b.Service, port, b.Percent)
	}
}

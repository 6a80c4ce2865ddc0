// Package create has the commands about golden paths: terrace create and
// terrace golden-path list and show.
//
// It owns the way from words on the command line to a folder. Templates and
// their meaning are catalog/goldenpath's; none of it needs a server, but where one
// answers it tells what its first stage is called.
package create

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	goldenpaths "github.com/terrace-idp/terrace/golden-paths"
	"github.com/terrace-idp/terrace/internal/catalog/goldenpath"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace create.
func Command(e *command.Env) *cobra.Command {
	var set []string
	var into string
	c := &cobra.Command{
		Use: "create GOLDEN-PATH NAME", Short: "Start a project from a golden path",
		Long: "Writes a new folder from a golden path: one that is shipped (terrace golden-path list),\n" +
			"or a folder of your own with a template.yaml. Nothing is ever overwritten.",
		Example: "  terrace create go-service orders --set costcenter=4711 --set owner=shop\n  terrace create ./our-path billing --into services/billing",
		Args:    cobra.ExactArgs(2), ValidArgsFunction: complete,
		RunE: func(c *cobra.Command, args []string) error {
			values, err := assignments(set)
			if err != nil {
				return err
			}
			if into == "" {
				into = args[1]
			}
			return run(c.Context(), e, args[0], args[1], into, values)
		},
	}
	c.Flags().StringArrayVar(&set, "set", nil, "a parameter of the golden path, NAME=VALUE")
	c.Flags().StringVar(&into, "into", "", "the new folder; NAME by default")
	return c
}

func run(ctx context.Context, e *command.Env, path, name, into string, values map[string]any) error {
	t, err := find(path)
	if err != nil {
		return err
	}
	values["name"] = name
	tellStage(ctx, e, t, values)
	if values, err = t.Values(values); err != nil {
		return err
	}
	project, err := t.Render(values)
	if err != nil {
		return err
	}
	if err := project.Write(into); err != nil {
		return err
	}
	return e.Print(map[string]any{"folder": into, "goldenPath": t.Name, "files": project.Paths()}, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s has %d files from golden path %s\n", into, len(project.Files), t.Name)
		for _, text := range project.Output.Text {
			_, _ = fmt.Fprintf(w, "\n%s, in %s:\n%s", text.Title, into, indent(text.Content))
		}
	})
}

// stageParameter is the parameter of a golden path that the server knows better
// than the template.
const stageParameter = "stage"

// answersWithin is how long a server may take to tell its stages: a folder is
// written without one, too.
const answersWithin = 3 * time.Second

// tellStage sets the parameter for the first stage, where the golden path has one,
// nobody gave it, and a server tells.
func tellStage(ctx context.Context, e *command.Env, t *goldenpath.Template, values map[string]any) {
	if _, given := values[stageParameter]; given || !t.Has(stageParameter) {
		return
	}
	s, err := e.Server()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	if stages, err := s.Stages(ctx); err == nil && len(stages) > 0 {
		values[stageParameter] = stages[0].Name
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

func assignments(set []string) (map[string]any, error) {
	values := map[string]any{}
	for _, s := range set {
		name, v, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, exit.Wrong("--set %s is not NAME=VALUE", s).WithFix("write for example --set costcenter=4711")
		}
		if name == "name" {
			return nil, exit.Wrong("the name is given twice").WithFix("name the project as the second argument alone")
		}
		values[name] = v
	}
	return values, nil
}

// find takes a path with a slash or a dot as a folder, anything else as a shipped name.
func find(path string) (*goldenpath.Template, error) {
	if strings.ContainsAny(path, `/\`) || path == "." || path == ".." {
		return goldenpath.Load(os.DirFS(filepath.Clean(path)))
	}
	return goldenpath.Find(goldenpaths.Shipped, path)
}

func complete(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := fs.Glob(goldenpaths.Shipped, "*")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveDefault
}

// GoldenPaths returns terrace golden-path.
func GoldenPaths(e *command.Env) *cobra.Command {
	return command.Group("golden-path", "See the golden paths that projects start from", list(e), show(e))
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the shipped golden paths", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace golden-path list",
		RunE: func(*cobra.Command, []string) error {
			all, err := goldenpath.List(goldenpaths.Shipped)
			if err != nil {
				return err
			}
			views := make([]view, 0, len(all))
			rows := make([][]string, 0, len(all))
			for _, t := range all {
				views = append(views, viewOf(t))
				rows = append(rows, []string{t.Name, strings.Join(t.Tags, ","), t.Description})
			}
			return e.Print(views, func(w io.Writer) { output.Rows(w, []string{"NAME", "TAGS", "WHAT IT IS"}, rows) })
		},
	}
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show GOLDEN-PATH", Short: "Show the parameters of a golden path", Args: cobra.ExactArgs(1),
		Example: "  terrace golden-path show go-service", ValidArgsFunction: complete,
		RunE: func(_ *cobra.Command, args []string) error {
			t, err := find(args[0])
			if err != nil {
				return err
			}
			v := viewOf(t)
			return e.Print(v, func(w io.Writer) { v.write(w) })
		},
	}
}

type view struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Tags        []string    `json:"tags"`
	Parameters  []parameter `json:"parameters"`
}

type parameter struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Required    bool   `json:"required"`
	Default     any    `json:"default,omitempty"`
	Description string `json:"description"`
}

func viewOf(t *goldenpath.Template) view {
	v := view{Name: t.Name, Description: t.Description, Tags: t.Tags}
	for _, page := range t.Pages {
		for _, p := range page.Parameters {
			v.Parameters = append(v.Parameters, parameter{p.Name, p.Type, p.Required, p.Default, p.Description})
		}
	}
	return v
}

func (v view) write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s: %s\n\n", v.Name, v.Description)
	rows := make([][]string, 0, len(v.Parameters))
	for _, p := range v.Parameters {
		need := "optional"
		if p.Required {
			need = "required"
		}
		fallback := ""
		if p.Default != nil {
			fallback = fmt.Sprint(p.Default)
		}
		rows = append(rows, []string{p.Name, p.Type, need, fallback, p.Description})
	}
	output.Rows(w, []string{"PARAMETER", "TYPE", "", "DEFAULT", "WHAT IT IS"}, rows)
}

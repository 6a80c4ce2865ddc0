// Package definitions has the commands terrace definition apply, list, show
// and delete.
//
// It owns their flags and tables. What a definition means is the server's.
package definitions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/blastradius"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace definition.
func Command(e *command.Env) *cobra.Command {
	return command.Group("definition", "Say which module serves a type of resource, and where", apply(e), list(e), show(e), remove(e))
}

func apply(e *command.Env) *cobra.Command {
	var radius blastradius.Flags
	c := &cobra.Command{
		Use: "apply FILE", Short: "Create or change the definitions of a file",
		Long:    "Creates or changes every definition of the file.\n" + blastradius.Help,
		Example: "  terrace definition apply redis-prod.yaml\n  terrace definition apply redis-prod.yaml --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			documents, err := read(args[0])
			if err != nil {
				return err
			}
			s, err := e.Server()
			if err != nil {
				return err
			}
			goOn, err := radius.Allows(c.Context(), e, s, func(ctx context.Context, p apiclient.ModuleBlastRadiusParams) (apiclient.ImpactRadius, error) {
				r, err := s.DefinitionBlastRadius(ctx, sources(documents), apiclient.DefinitionBlastRadiusParams(p))
				return r, relocate(err, documents, args[0])
			})
			if err != nil || !goOn {
				return err
			}
			for _, d := range documents {
				done, err := s.ApplyDefinition(c.Context(), d.name, d.source)
				if err != nil {
					return d.relocate(err, args[0])
				}
				if err := e.Print(done, func(w io.Writer) { _, _ = fmt.Fprintf(w, "definition %s is applied\n", d.name) }); err != nil {
					return err
				}
			}
			return nil
		},
	}
	radius.Add(c)
	return command.Override(c)
}

func sources(documents []document) map[string]string {
	all := map[string]string{}
	for _, d := range documents {
		all[d.name] = d.source
	}
	return all
}

// relocate tells an error about one of the documents as one about the file.
func relocate(err error, documents []document, file string) error {
	for _, d := range documents {
		e, ok := errors.AsType[*kernel.Error](err)
		if ok && (strings.HasPrefix(e.Message, d.name+".yaml ") || len(e.Problems) > 0 && e.Problems[0].File == d.name+".yaml") {
			return d.relocate(err, file)
		}
	}
	return err
}

// document is one definition of a file, as it is written there.
type document struct {
	name, source string
	// above is the number of lines before it in the file.
	above int
}

func (d document) relocate(err error, file string) error {
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		if rest, found := strings.CutPrefix(e.Message, d.name+".yaml "); found {
			e.Message = file + " " + rest
		}
		for i := range e.Problems {
			if e.Problems[i].File = file; e.Problems[i].Line > 0 {
				e.Problems[i].Line += d.above
			}
		}
	}
	return err
}

// maxFile bounds a file of definitions, in bytes.
const maxFile = 1 << 20

func read(file string) ([]document, error) {
	src, err := command.Read(file, maxFile)
	if err != nil {
		return nil, err
	}
	var out []document
	line := 0
	for _, part := range split(string(src)) {
		if strings.TrimSpace(part) != "" {
			name, err := nameOf(part)
			if err != nil {
				return nil, kernel.Errorf(kernel.Invalid, "%s is not a definition", file).
					WithProblems(kernel.Problem{File: file, Line: line + 1, Column: 1, Message: err.Error(), Fix: "write metadata.name"})
			}
			if slices.ContainsFunc(out, func(d document) bool { return d.name == name }) {
				return nil, command.InFile(file, "leave one of them", "it has two definitions of the name %s", name)
			}
			out = append(out, document{name: name, source: part, above: line})
		}
		line += strings.Count(part, "\n") + 1
	}
	if len(out) == 0 {
		return nil, command.InFile(file, "write one, as terrace definition show writes it", "it has no definition")
	}
	return out, nil
}

// split cuts at the lines that separate YAML documents.
func split(src string) []string {
	var parts []string
	var b strings.Builder
	for l := range strings.SplitSeq(src, "\n") {
		if strings.TrimRight(l, " \r") == "---" {
			parts = append(parts, strings.TrimSuffix(b.String(), "\n"))
			b.Reset()
			continue
		}
		b.WriteString(l + "\n")
	}
	return append(parts, b.String())
}

func nameOf(source string) (string, error) {
	var d struct {
		Metadata struct {
			Name string `yaml:"name"`
		} `yaml:"metadata"`
	}
	if err := yaml.NewDecoder(bytes.NewBufferString(source)).Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if d.Metadata.Name == "" {
		return "", errors.New("metadata.name is missing")
	}
	return d.Metadata.Name, nil
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the definitions", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace definition list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.Definitions(ctx)
			return command.PrintFound(e, all, err, []string{"NAME", "TYPE", "CRITERIA", "MODULE"}, func(d apiclient.Definition) []string {
				return []string{d.Name, d.Type, criteria(d), d.Module.Source + " " + d.Module.Version}
			})
		}),
	}
}

func criteria(d apiclient.Definition) string {
	var all []string
	for _, c := range d.Criteria {
		var parts []string
		for _, field := range [][2]string{{"target", c.Target}, {"runtime", c.Runtime}, {"project", c.Project}, {"stage", c.Stage}, {"class", c.Class}, {"id", c.ID}} {
			if field[1] != "" {
				parts = append(parts, field[0]+"="+field[1])
			}
		}
		if len(parts) == 0 {
			parts = []string{"any"}
		}
		all = append(all, strings.Join(parts, ","))
	}
	return strings.Join(all, " | ")
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a definition", Args: cobra.ExactArgs(1),
		Example: "  terrace definition show redis",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			d, err := s.Definition(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) {
				output.Pairs(w, "name", d.Name, "type", d.Type, "criteria", criteria(d), "module", d.Module.Source+" "+d.Module.Version)
				_, _ = fmt.Fprint(w, d.Source)
			})
		}),
	}
}

func remove(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete NAME", Short: "Delete a definition that nothing uses", Args: cobra.ExactArgs(1),
		Example: "  terrace definition delete redis-prod --yes",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, "Delete definition "+args[0]+"?"); err != nil {
				return err
			}
			if err := s.DeleteDefinition(ctx, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]string{"deleted": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "definition %s is deleted\n", args[0]) })
		}),
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "delete without asking")
	return command.Override(c)
}

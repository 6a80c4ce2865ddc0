// Package apis has the commands terrace api …: OpenAPI documents of a project's
// APIs, their style guide, and their life from stage to stage.
//
// It owns their flags and tables. lint works offline; what may be published, the
// server says.
package apis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/styleguide"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace api.
func Command(e *command.Env) *cobra.Command {
	return command.Group("api", "APIs of a project: their OpenAPI documents, style guide, breaking changes and life on stages",
		lint(e), list(e), show(e), docs(e), upload(e), document(e), changes(e), publish(e), deprecate(e), undeprecate(e), retire(e), override(e), overrides(e), approve(e), consumers(e), guide(e), follow(e), followed(e), unfollow(e))
}

func lint(e *command.Env) *cobra.Command {
	var own string
	c := &cobra.Command{
		Use: "lint FILE", Short: "Hold an OpenAPI document against a style guide, without a server", Args: cobra.ExactArgs(1),
		Long:    "The guide is the one that is shipped, or that of --guide. Every finding has its line and column. With an error\nthe command fails, as publishing would.",
		Example: "  terrace api lint openapi.yaml\n  terrace api lint openapi.yaml --guide guide.yaml -o json",
		RunE: func(_ *cobra.Command, args []string) error {
			g, err := readGuide(own)
			if err != nil {
				return err
			}
			src, err := e.ReadSource(args[0], openapi.MaxBytes)
			if err != nil {
				return err
			}
			doc, err := openapi.Read(args[0], src)
			if err != nil {
				return err
			}
			found := styleguide.Lint(doc, g)
			if err := e.Print(append([]styleguide.Finding{}, found...), func(w io.Writer) { findings(w, found) }); err != nil {
				return err
			}
			if wrong, _, _ := styleguide.Worst(found); wrong > 0 {
				return kernel.Errorf(kernel.Refused, "%s breaks the style guide", args[0]).WithFix("correct what has the level error")
			}
			return nil
		},
	}
	c.Flags().StringVar(&own, "guide", "", "the `file` of a style guide; the shipped one by default")
	return c
}

func readGuide(path string) (styleguide.Guide, error) {
	if path == "" {
		return styleguide.Shipped()
	}
	src, err := command.Read(path, styleguide.MaxBytes)
	if err != nil {
		return styleguide.Guide{}, err
	}
	return styleguide.Parse(path, src)
}

func findings(w io.Writer, found []styleguide.Finding) {
	output.List(w, found, []string{"LINE", "LEVEL", "RULE", "FINDING"}, func(f styleguide.Finding) []string {
		text := f.Message
		if f.Fix != "" {
			text += " (" + f.Fix + ")"
		}
		return []string{fmt.Sprintf("%d:%d", f.Line, f.Column), f.Severity, f.Rule, text}
	})
	wrong, warnings, notes := styleguide.Worst(found)
	_, _ = fmt.Fprintf(w, "%s, %s, %s\n", output.Count(wrong, "error"), output.Count(warnings, "warning"), output.Count(notes, "note"))
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the versions of the project's APIs, and where they stand", Args: cobra.NoArgs, Example: "  terrace api list",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.APIs(ctx, project)
			if err != nil {
				return err
			}
			return e.Print(all, func(w io.Writer) {
				output.List(w, all, []string{"API", "VERSION", "NEWEST", "STAGES", "TITLE"}, func(a apiclient.ApispecAPI) []string {
					var on []string
					for _, st := range a.Stages {
						on = append(on, fmt.Sprintf("%s: %d %s", st.Stage, st.Revision, st.State))
					}
					return []string{a.API, a.Version, strconv.FormatInt(a.Newest, 10), strings.Join(on, ", "), a.Title}
				})
			})
		}),
	}
}

// shown are a version and its revisions.
type shown struct {
	apiclient.GetAPIResponse

	Revisions []apiclient.ApispecRevision `json:"revisions"`
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show API VERSION", Short: "Show where a version stands, and its revisions", Args: cobra.ExactArgs(2), Example: "  terrace api show orders v1",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) (err error) {
			var a shown
			if a.GetAPIResponse, err = s.API(ctx, project, args[0], args[1]); err != nil {
				return err
			}
			if a.Revisions, err = s.APIRevisions(ctx, project, args[0], args[1]); err != nil {
				return err
			}
			return e.Print(a, func(w io.Writer) {
				output.List(w, a.Stages, []string{"STAGE", "STATE", "REVISION", "SINCE", "BY", "SUNSET"}, func(st apiclient.ApispecStanding) []string {
					sunset := ""
					if st.Sunset != nil {
						sunset = output.Stamp(*st.Sunset)
					}
					return []string{st.Stage, string(st.State), strconv.FormatInt(st.Revision, 10), output.Stamp(st.PublishedAt), st.PublishedBy, sunset}
				})
				output.List(w, a.Revisions, []string{"REVISION", "AT", "BY", "OPENAPI", "OPERATIONS", "ORIGIN"}, func(r apiclient.ApispecRevision) []string {
					return []string{strconv.FormatInt(r.Number, 10), output.Stamp(r.At), r.By, r.Openapi, strconv.FormatInt(r.Operations, 10), r.Origin}
				})
			})
		}),
	}
}

func upload(e *command.Env) *cobra.Command {
	var origin string
	c := &cobra.Command{
		Use: "upload API VERSION FILE", Short: "Upload an OpenAPI document as the newest revision of a version", Args: cobra.ExactArgs(3),
		Long:    "FILE is an OpenAPI document, 3.0 or 3.1, as YAML or JSON; - is the input. It is a draft until it is published.",
		Example: "  terrace api upload orders v1 openapi.yaml --origin \"$(git rev-parse HEAD)\"",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			src, err := e.ReadSource(args[2], openapi.MaxBytes)
			if err != nil {
				return err
			}
			r, err := s.UploadAPI(ctx, project, args[0], args[1], apiclient.UploadAPIRequest{Source: string(src), Origin: origin})
			if err != nil {
				return ofDocument(args[2], err)
			}
			return e.Print(r, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s %s is at revision %d, a draft: the style guide has %s and %s\n", r.API, r.Version, r.Number,
					output.Count(int(r.Report.Errors), "error"), output.Count(int(r.Report.Warnings), "warning"))
			})
		}),
	}
	c.Flags().StringVar(&origin, "origin", "", "where it is from, such as a commit")
	return c
}

// ofDocument tells of a refusal that it is of the document, where it has a line there:
// a name that cannot be is one of the command.
func ofDocument(path string, err error) error {
	if e, ok := errors.AsType[*kernel.Error](err); ok && slices.ContainsFunc(e.Problems, func(p kernel.Problem) bool { return p.Line > 0 }) {
		return command.Of(path, err)
	}
	return err
}

func document(e *command.Env) *cobra.Command {
	var revision int64
	c := &cobra.Command{
		Use: "document API VERSION", Short: "Print the OpenAPI document of a revision", Args: cobra.ExactArgs(2), Example: "  terrace api document orders v1 --revision 3",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			d, err := s.APIDocument(ctx, project, args[0], args[1], revision)
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { _, _ = io.WriteString(w, strings.TrimRight(d.Source, "\n")+"\n") })
		}),
	}
	revisionFlag(c, &revision)
	return c
}

func revisionFlag(c *cobra.Command, revision *int64) {
	command.Number(c, revision, "revision", 0, "the `number` of the revision; the newest by default", 0, 0)
}

func changes(e *command.Env) *cobra.Command {
	var p apiclient.GetAPIChangesParams
	c := &cobra.Command{
		Use: "changes API VERSION", Short: "Tell what is different for clients between two revisions, as a changelog", Args: cobra.ExactArgs(2),
		Example: "  terrace api changes orders v1\n  terrace api changes orders v1 --from 2 --to 3\n  terrace api changes orders v2 --from-version v1",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.APIChanges(ctx, project, args[0], args[1], p)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { _, _ = io.WriteString(w, r.Markdown) })
		}),
	}
	command.Number(c, &p.From, "from", 0, "the `number` of the older revision; the one before by default, or the newest of --from-version", 0, 0)
	command.Number(c, &p.To, "to", 0, "the `number` of the newer revision; the newest by default", 0, 0)
	c.Flags().StringVar(&p.FromVersion, "from-version", "", "the version that the older revision is of; the same by default")
	return c
}

func consumers(e *command.Env) *cobra.Command {
	var p apiclient.GetAPIConsumersParams
	c := &cobra.Command{
		Use: "consumers API VERSION", Short: "List who called which operation of a version", Args: cobra.ExactArgs(2), Example: "  terrace api consumers orders v1 --stage prod --days 90",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.APIConsumers(ctx, project, args[0], args[1], p)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				output.List(w, r.Consumers, []string{"CONSUMER", "OPERATION", "STAGE", "CALLS", "ERRORS", "LAST"}, func(k apiclient.ApispecCall) []string {
					who := k.Consumer
					if who == "" {
						who = "(anybody)"
					}
					return []string{who, k.Operation, k.Stage, strconv.FormatInt(k.Calls, 10), strconv.FormatInt(k.Errors, 10), k.Day}
				})
			})
		}),
	}
	e.StageFlag(c, &p.Stage, "stage", "on this stage alone", false)
	command.Number(c, &p.Days, "days", 30, "of how many days", 1, 400)
	return c
}

func guide(e *command.Env) *cobra.Command {
	var set string
	var reset bool
	c := &cobra.Command{
		Use: "guide", Short: "Show the tenant's style guide, or set it", Args: cobra.NoArgs, Example: "  terrace api guide\n  terrace api guide --set guide.yaml\n  terrace api guide --reset",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			src, err := ownGuide(e, set)
			if err != nil {
				return err
			}
			var g apiclient.Guide
			if set != "" || reset {
				g, err = s.SetAPIGuide(ctx, string(src))
			} else {
				g, err = s.APIGuide(ctx)
			}
			if err != nil {
				return command.Of(set, err)
			}
			return e.Print(g, func(w io.Writer) {
				output.List(w, g.Rules, []string{"RULE", "LEVEL", "WHAT IT WANTS"}, func(r apiclient.StyleguideRule) []string { return []string{r.Name, r.Severity, r.Description} })
			})
		}),
	}
	c.Flags().StringVar(&set, "set", "", "make the guide in this `file` the tenant's")
	c.Flags().BoolVar(&reset, "reset", false, "go back to the guide that is shipped")
	c.MarkFlagsMutuallyExclusive("set", "reset")
	return c
}

// ownGuide is the text of a guide, none for no file.
func ownGuide(e *command.Env, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	src, err := e.ReadSource(path, styleguide.MaxBytes)
	if err == nil && len(bytes.TrimSpace(src)) == 0 {
		err = command.InFile(path, "write rules into it, or go back to the guide that is shipped with terrace api guide --reset", "the style guide is empty")
	}
	return src, err
}

package sources

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func status(e *command.Env) *cobra.Command {
	c := &cobra.Command{
		Use: "status NAME", Aliases: []string{"show"}, Short: "Show how a source and each of its objects stand, with what is being built",
		Example: "  terrace source status platform",
	}
	return named(e, c, func(ctx context.Context, s command.Server, name string) error {
		d, err := s.Source(ctx, name)
		if err != nil {
			return err
		}
		return e.Print(d, func(w io.Writer) { writeStatus(w, e, d) })
	})
}

func writeStatus(w io.Writer, e *command.Env, d apiclient.SourceDetails) {
	n := d.Source
	reconciled := ""
	if n.Status.At != nil {
		reconciled = output.Age(e.Clock.Now(), *n.Status.At) + " ago"
	}
	output.Pairs(w, "source", n.Name+", of "+scopeOf(n), "repository", n.RepositoryProject+"/"+n.Repository+", branch "+n.Branch+at(n.Path),
		"state", string(n.Status.Phase), "commit", n.Status.Commit, "reconciled", reconciled)
	if n.Status.Message != "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", n.Status.Message)
	}
	writeProblems(w, n.Status.Problems)
	if len(d.Objects) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w)
	rows := make([][]string, 0, len(d.Objects))
	for _, o := range d.Objects {
		rows = append(rows, []string{string(o.Kind), nameOf(o.Project, o.Name), string(o.State), o.File, o.Message})
	}
	output.Rows(w, []string{"KIND", "NAME", "STATE", "FILE", "MESSAGE"}, rows)
	for _, o := range d.Objects {
		writeProblems(w, o.Problems)
		writeImages(w, e, o)
	}
}

// writeImages tells of folders that are being built, or were not.
func writeImages(w io.Writer, e *command.Env, o apiclient.SourceObject) {
	for _, m := range o.Images {
		if m.State == apiclient.BuildStateSucceeded {
			continue
		}
		line := fmt.Sprintf("%s: %s from %s: %s", nameOf(o.Project, o.Name), m.Container, m.Folder, m.State)
		if m.State == apiclient.BuildStateBuilding && m.StartedAt != nil {
			line += " since " + output.Age(e.Clock.Now(), *m.StartedAt)
		}
		_, _ = fmt.Fprintln(w, "  "+line)
		for text := range strings.Lines(m.Output) {
			_, _ = fmt.Fprintln(w, "    | "+strings.TrimRight(text, "\n"))
		}
	}
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return ", folder " + path
}

func nameOf(project, name string) string {
	if project == "" {
		return name
	}
	return project + "/" + name
}

func writeProblems(w io.Writer, problems []kernel.Problem) {
	for _, p := range problems {
		_, _ = fmt.Fprintln(w, "  "+p.String())
	}
}

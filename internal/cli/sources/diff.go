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
)

func diff(e *command.Env) *cobra.Command {
	c := &cobra.Command{
		Use: "diff NAME", Short: "Show what a reconciliation would do now, and do nothing",
		Example: "  terrace source diff platform",
	}
	return named(e, c, func(ctx context.Context, s command.Server, name string) error {
		d, err := s.DiffSource(ctx, name)
		if err != nil {
			return err
		}
		return e.Print(d, func(w io.Writer) { writeDiff(w, d) })
	})
}

func writeDiff(w io.Writer, d apiclient.SourceDiff) {
	_, _ = fmt.Fprintf(w, "at %s\n", short(d.Commit))
	var rows [][]string
	for _, c := range d.Changes {
		if c.Action == apiclient.SourceActionNone && (c.Message == "" || c.State == apiclient.SourceStateSynced) {
			continue
		}
		rows = append(rows, []string{string(c.Action), string(c.Kind), nameOf(c.Project, c.Name), c.File, c.Message})
		for _, d := range c.Documents {
			rows = append(rows, []string{"  " + string(d.Outcome), d.Kind, d.Name, strings.Trim(d.Project+"/"+d.Stage, "/"), remarks(d)})
		}
	}
	if len(rows) == 0 && len(d.Problems) == 0 {
		_, _ = fmt.Fprintln(w, "nothing would change")
	} else if len(rows) > 0 {
		output.Rows(w, []string{"ACTION", "KIND", "NAME", "FILE", "MESSAGE"}, rows)
	}
	if d.Held != "" {
		_, _ = fmt.Fprintf(w, "nothing would be removed: %s\n", d.Held)
	}
	writeProblems(w, d.Problems)
	for _, c := range d.Changes {
		writeProblems(w, c.Problems)
	}
}

// remarks are what there is to know of a document besides: its note, then its warnings.
func remarks(d apiclient.SourceDocument) string {
	out := d.Note
	for _, w := range d.Warnings {
		out = strings.TrimSpace(out + " " + w.String())
	}
	return out
}

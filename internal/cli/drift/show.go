package drift

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show DRIFT", Short: "Show what was changed, by whom, how severe it is and what would become of it",
		Example: "  terrace drift show DRIFT\n  terrace drift show DRIFT -o json",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: drifts(e),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			d, err := s.Drift(ctx, project, args[0])
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { write(w, d) })
		}),
	}
}

func write(w io.Writer, d apiclient.Drift) {
	output.Pairs(w, "drift", d.ID, "workload", d.Workload, "stage", d.Stage, "resource", d.Address, "id", d.ResourceID,
		"changed", string(d.Action), "severity", fmt.Sprintf("%s, by the rule %s", d.Severity, d.Rule), "status", string(d.Status),
		"detected", output.Stamp(d.DetectedAt), "seen", output.Stamp(d.SeenAt),
		"next run", nextWords(d.Next), "ended", d.Resolution)
	for _, a := range d.Attributes {
		_, _ = fmt.Fprintf(w, "%s: %s → %s (%s, by the rule %s%s)\n", a.Path, value(a.Before, a.Sensitive), value(a.After, a.Sensitive), a.Severity, a.Rule, ignored(a.Ignore))
	}
	for _, a := range d.Who {
		from := ""
		if a.From != "" {
			from = " from " + a.From
		}
		_, _ = fmt.Fprintf(w, "by %s at %s: %s%s\n", a.Who, output.Stamp(a.At), a.Operation, from)
	}
	if len(d.Who) == 0 {
		_, _ = fmt.Fprintf(w, "by: %s\n", d.WhoNote)
	}
	for _, note := range d.Contradictions {
		_, _ = fmt.Fprintf(w, "note: %s\n", note)
	}
	if x := d.Decision; x != nil {
		_, _ = fmt.Fprintf(w, "decided by %s at %s: %s %s %s\n", x.By.Name, output.Stamp(x.At), x.Kind, x.Run, x.Reason)
		if x.Outcome != "" {
			_, _ = fmt.Fprintf(w, "outcome: %s\n", x.Outcome)
		}
	}
	if d.Ignore != nil {
		_, _ = fmt.Fprintf(w, "%s\n", ignored(d.Ignore)[2:])
	}
}

func nextWords(n apiclient.DriftNext) string {
	return map[apiclient.DriftNext]string{
		"revert": "puts it back", "keep": "leaves it: nothing in the code says otherwise", "unknown": "is not known to do anything about it: that shows when it is applied, or it could not be planned",
	}[n]
}

func ignored(i *apiclient.DriftIgnore) string {
	if i == nil {
		return ""
	}
	return fmt.Sprintf(", ignored until %s by %s: %s", output.Stamp(i.Until), i.By, i.Reason)
}

func value(v any, sensitive bool) string {
	if sensitive {
		return "(sensitive)"
	}
	if v == nil {
		return "(nothing)"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

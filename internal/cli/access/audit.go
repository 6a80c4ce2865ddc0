package access

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

// Audit returns terrace audit.
func Audit(e *command.Env) *cobra.Command {
	return command.Group("audit", "Read the audit log and check its chain", listAudit(e), verifyAudit(e))
}

func listAudit(e *command.Env) *cobra.Command {
	var f apiclient.ListAuditEntriesParams
	c := &cobra.Command{
		Use: "list", Short: "List what was done, by whom and why", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace audit list --limit 20\n  terrace audit list --type run.approved --project shop",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			f.Project = e.Identity.Project // only when it was named: the log is the tenant's
			entries, err := s.Audit(ctx, f)
			if err != nil {
				return err
			}
			return e.Print(entries, func(w io.Writer) { writeAudit(w, entries) })
		}),
	}
	e.StageFlag(c, &f.Stage, "stage", "only of this stage", false)
	c.Flags().StringVar(&f.Type, "type", "", "only of this type, such as run.approved, see terrace events types")
	_ = c.RegisterFlagCompletionFunc("type", e.EventTypes(false)) // the flag was made above
	c.Flags().StringVar(&f.Subject, "subject", "", "only about the thing with this id")
	c.Flags().StringVar(&f.Actor, "actor", "", "only by this user")
	_ = c.RegisterFlagCompletionFunc("actor", e.Users()) // the flag was made above
	command.Limit(c, &f.Limit)
	return c
}

func writeAudit(w io.Writer, entries []apiclient.AuditEntry) {
	rows := make([][]string, 0, len(entries))
	for _, a := range entries {
		where := strings.TrimRight(a.Project+"/"+a.Stage, "/")
		rows = append(rows, []string{fmt.Sprint(a.Seq), output.Stamp(a.At), a.Actor, a.Type, where, a.Subject, a.Reason})
	}
	output.Rows(w, []string{"SEQ", "TIME", "BY", "WHAT", "WHERE", "SUBJECT", "WHY"}, rows)
}

func verifyAudit(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check that no entry was changed or removed", Args: cobra.NoArgs,
		Example: "  terrace audit verify",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) (err error) {
			r, err := s.VerifyAudit(ctx)
			if err != nil {
				return err
			}
			err = e.Print(r, func(w io.Writer) {
				if r.Broken == nil {
					_, _ = fmt.Fprintf(w, "%d entries form an unbroken chain\n", r.Entries)
				}
			})
			if err == nil && r.Broken != nil {
				return kernel.Errorf(kernel.Refused, "the audit log is broken at entry %d: %s", r.Broken.Seq, r.Broken.Reason).
					WithFix("compare with a backup; somebody changed the database")
			}
			return err
		}),
	}
}

// Package audit has the commands terrace audit list, verify, export, heads and keys.
//
// It owns their flags, tables and files. The form of the log, and its check, are those of
// access/audit/chain: what the client verifies it does not leave to the server.
package audit

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

// Command returns terrace audit.
func Command(e *command.Env) *cobra.Command {
	return command.Group("audit", "Search the audit log, export it, and check that nobody has changed it",
		list(e), verify(e), export(e),
		command.Group("heads", "See and keep the signed heads of the audit log", listHeads(e), signHead(e), keepHeads(e)),
		command.Group("keys", "See and rotate the keys that heads are signed with", listKeys(e), rotateKey(e)))
}

func list(e *command.Env) *cobra.Command {
	var f apiclient.ListAuditEntriesParams
	var limit int64
	c := &cobra.Command{
		Use: "list", Short: "List what was done, by whom and why", Aliases: []string{"ls", "search"}, Args: cobra.NoArgs,
		Long: "The newest entry is the first. Members of a project see what happened there; who has the role auditor or admin\n" +
			"in the tenant sees everything, and where requests came from.",
		Example: "  terrace audit list --limit 20\n  terrace audit list --type run.approved --project shop\n" +
			"  terrace audit list --outcome refused --since 24h\n  terrace audit list --type 'secret.*' --actor ada --text prod",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			f.Project = e.Identity.Project // only when it was named: the log is the tenant's
			entries, err := s.Audit(ctx, f, limit)
			if err != nil {
				return err
			}
			return e.Print(entries, func(w io.Writer) { write(w, entries) })
		}),
	}
	e.StageFlag(c, &f.Stage, "stage", "only of this stage", false)
	c.Flags().StringVar(&f.Type, "type", "", "only of this type, such as run.approved or run.*, see terrace events types")
	_ = c.RegisterFlagCompletionFunc("type", e.EventTypes(true)) // the flag was made above
	c.Flags().StringVar(&f.Subject, "subject", "", "only about the thing with this id")
	c.Flags().StringVar(&f.Actor, "actor", "", "only by this user")
	_ = c.RegisterFlagCompletionFunc("actor", e.Users()) // the flag was made above
	c.Flags().StringVar(&f.Request, "request", "", "only of the request with this id")
	c.Flags().StringVar(&f.Address, "from-address", "", "only of requests from this IP address")
	command.Choice(c, &f.Outcome, "outcome", "", "only what was done, refused or failed", "done", "refused", "failed")
	c.Flags().StringVar(&f.Text, "text", "", "only with this text in the subject, the reason or the data")
	e.Moment(c, &f.Since, "since", "only from this time on")
	e.Moment(c, &f.Until, "until", "only before this time")
	command.Number(c, &limit, "limit", 50, "how many at most", 1, 10_000)
	return c
}

func write(w io.Writer, entries []apiclient.AuditEntry) {
	rows := make([][]string, 0, len(entries))
	for _, a := range entries {
		where := strings.TrimRight(a.Project+"/"+a.Stage, "/")
		rows = append(rows, []string{fmt.Sprint(a.Seq), output.Stamp(a.At), a.Actor, a.Type, where, a.Subject, a.Reason})
	}
	output.Rows(w, []string{"SEQ", "TIME", "BY", "WHAT", "WHERE", "SUBJECT", "WHY"}, rows)
}

func listKeys(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the public keys of heads, the oldest first", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long: "Keep the first one where nobody of the platform can change it, and give it to terrace audit verify --key:\n" +
			"each key introduces the next one, so that it proves all that come.",
		Example: "  terrace audit keys list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			keys, err := s.AuditKeys(ctx)
			return command.PrintFound(e, keys, err, []string{"KEY", "SIGNS FROM"}, func(k apiclient.AuditKey) []string {
				return []string{k.Verifier, output.Stamp(k.From)}
			})
		}),
	}
}

func rotateKey(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Have another key sign heads, in an hour", Args: cobra.NoArgs,
		Long: "The present key introduces the next one, and its private half is destroyed when that signs. Heads that it has\n" +
			"signed hold as before. It is done every 90 days without anybody asking.",
		Example: "  terrace audit keys rotate",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			k, err := s.RotateAuditKey(ctx)
			if err != nil {
				return err
			}
			return e.Print(k, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s signs from %s\n", k.ID, output.Stamp(k.From))
			})
		}),
	}
}

// Package acme has the commands terrace acme ….
//
// It owns flags and tables. Who may have a key, and what accounts may order with it, is the
// server's.
package acme

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace acme.
func Command(e *command.Env) *cobra.Command {
	keys := command.Group("key", "Keys that bind ACME accounts to a scope (external account binding)", create(e), list(e), revoke(e))
	return command.Group("acme", "Certificates for programs that ask for them by ACME, such as certbot and cert-manager", keys)
}

// maxLife is the longest life of a key that the server takes.
const maxLife = 10 * 365 * 24 * time.Hour

func create(e *command.Env) *cobra.Command {
	var in apiclient.CreateAcmeKeyRequest
	var tenant bool
	var life time.Duration
	c := &cobra.Command{
		Use: "create", Short: "Make a key for the ACME accounts of a scope; its secret is shown this once", Args: cobra.NoArgs,
		Long: "Accounts that are made with the key order certificates for the names of the project, with --stage of that stage alone,\n" +
			"and with --tenant of every project: those under the platform's zone, and those of proven domains. One key binds many\n" +
			"accounts. Give the key identifier, the HMAC key and the directory to the client.",
		Example: "  terrace acme key create --project shop --stage prod --note certbot\n  terrace acme key create --tenant --life 30d -o json",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			if life%time.Hour != 0 {
				return exit.Wrong("--life %s is not in whole hours", life).WithFix("write it such as 30d or 12h")
			}
			in.Project, in.LifeHours = project, int64(life/time.Hour)
			k, err := s.CreateACMEKey(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(k, func(w io.Writer) {
				output.Pairs(w, "for", boundTo(k.Project, k.Stage), "directory", k.Directory, "key identifier", k.ID, "HMAC key", k.Hmac)
				_, _ = fmt.Fprintf(w, "The HMAC key is shown this once. With certbot:\n  certbot certonly --server %s --eab-kid %s --eab-hmac-key %s …\n", k.Directory, k.ID, k.Hmac)
			})
		}),
	}
	c.Flags().BoolVar(&tenant, "tenant", false, "for names of every project")
	c.Flags().StringVar(&in.Note, "note", "", "what it is for")
	command.DurationWithin(c.Flags(), &life, "life", 0, time.Hour, maxLife, "for how long accounts can be made with it, such as 30d; for ever unless given")
	e.StageFlag(c, &in.Stage, "stage", "for names of this stage alone", false)
	return c
}

// boundTo says for whose names a key is.
func boundTo(project, stage string) string {
	switch {
	case project != "" && stage != "":
		return project + "/" + stage
	case project != "":
		return "project " + project
	case stage != "":
		return "stage " + stage
	}
	return "every project"
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the keys that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace acme key list\n  terrace acme key list -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.ACMEKeys(ctx)
			return command.PrintFound(e, all, err, []string{"KEY", "FOR", "NOTE", "STATE", "BY", "AGE"}, func(k apiclient.ACMEKey) []string {
				return []string{k.ID, boundTo(k.Project, k.Stage), k.Note, standing(e.Clock.Now(), k), k.CreatedBy, output.Age(e.Clock.Now(), k.CreatedAt)}
			})
		}),
	}
}

// standing says whether accounts can be made with a key.
func standing(now time.Time, k apiclient.ACMEKey) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked"
	case k.ExpiresAt == nil:
		return "in force"
	case now.After(*k.ExpiresAt):
		return "expired"
	}
	return "until " + output.Stamp(*k.ExpiresAt)
}

func revoke(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "revoke KEY", Short: "Revoke a key, and with it the accounts that it binds", Args: cobra.ExactArgs(1),
		Long:    "The accounts order nothing any more. Certificates that they have stay valid until they end or are revoked.",
		Example: "  terrace acme key revoke eab_01m8dspnjcevfvfqsec2nz3ve9",
		ValidArgsFunction: e.Offer(func(ctx context.Context, s command.Server, _ string) ([]string, error) {
			all, err := s.ACMEKeys(ctx)
			ids := make([]string, 0, len(all))
			for _, k := range all {
				ids = append(ids, k.ID)
			}
			return ids, err
		}),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := s.RevokeACMEKey(ctx, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]string{"revoked": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "key %s revoked, with the accounts that it binds\n", args[0]) })
		}),
	}
}

// Package keys has the commands terrace keys status, rotate and destroy.
//
// It owns their flags and tables. No key ever reaches the client.
package keys

import (
	"cmp"
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

// Command returns terrace keys.
func Command(e *command.Env) *cobra.Command {
	return command.Group("keys", "Rotate the keys that everything at rest is sealed with, and see what is under which", status(e), rotate(e), destroy(e))
}

func status(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the key-encryption keys, what each wraps and what is still to move", Args: cobra.NoArgs,
		Long: "A retired key wraps data keys until they are wrapped anew, in the background. What was sealed before there\n" +
			"were keys of tenants moves to these as well, which the second table shows.",
		Example: "  terrace keys status\n  terrace keys status -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			st, err := s.Keys(ctx)
			if err != nil {
				return err
			}
			return e.Print(st, func(w io.Writer) { show(w, e.Clock.Now(), st) })
		}),
	}
}

func show(w io.Writer, now time.Time, st apiclient.KeyringStatus) {
	_, _ = fmt.Fprintf(w, "root key %s\n\n", st.Root)
	output.List(w, st.Keys, []string{"KEY", "OWNER", "STATE", "DATA KEYS", "ROOT", "AGE"}, func(k apiclient.KeyringKey) []string {
		return []string{k.ID, cmp.Or(k.Owner, "(platform)"), stateOf(k), fmt.Sprint(k.DataKeys), k.Root, output.Age(now, k.CreatedAt)}
	})
	_, _ = fmt.Fprintln(w)
	for _, k := range st.Keys {
		if k.Problem != "" {
			_, _ = fmt.Fprintf(w, "%s does not open: %s\n\n", k.ID, k.Problem)
		}
	}
	output.List(w, st.Moves, []string{"WHAT", "LOOKED AT", "MOVED", "FINISHED", "PROBLEM"}, func(m apiclient.KeyringMove) []string {
		finished := "no"
		if m.Finished {
			finished = "yes"
		}
		return []string{m.Holding, fmt.Sprint(m.Looked), fmt.Sprint(m.Moved), finished, m.Problem}
	})
}

func stateOf(k apiclient.KeyringKey) string {
	switch {
	case k.DestroyedAt != nil && k.Shared:
		return "being destroyed"
	case k.DestroyedAt != nil:
		return "destroyed"
	case k.Problem != "":
		return "does not open"
	case k.RetiredAt != nil:
		return "retired"
	case k.Owner != "" && !k.Shared:
		return "in the database alone"
	default:
		return "present"
	}
}

func rotate(e *command.Env) *cobra.Command {
	var root, tenant bool
	var reason string
	c := &cobra.Command{
		Use: "rotate", Short: "Replace the key-encryption key of the tenant, or the root key", Args: cobra.NoArgs,
		Long: "With --tenant the tenant gets a new key: what is sealed from now on is under it, and the data keys that there\n" +
			"are are wrapped by it in the background. With --root the root key is another one, which wraps the keys of all\n" +
			"tenants anew: the first of the key file where somebody has put it there, else one that is made. No content is\n" +
			"rewritten, and everything goes on meanwhile; terrace keys status shows how far it is.",
		Example: "  terrace keys rotate --tenant --reason yearly\n  terrace keys rotate --root --reason \"an admin has left\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			switch {
			case root && tenant:
				return exit.Wrong("--root and --tenant do not go together").WithFix("rotate one, then the other")
			case !root && !tenant:
				return exit.Wrong("say which key is to be rotated").WithFix("give --tenant or --root")
			case root:
				r, err := s.RotateRootKey(ctx, reason)
				if err != nil {
					return err
				}
				return e.Print(r, func(w io.Writer) { _, _ = fmt.Fprintf(w, "the root key is %s; back its key file up\n", r.Root) })
			}
			k, err := s.RotateKey(ctx, reason)
			if err != nil {
				return err
			}
			return e.Print(k, func(w io.Writer) { _, _ = fmt.Fprintf(w, "the tenant's key is %s\n", k.ID) })
		}),
	}
	c.Flags().BoolVar(&root, "root", false, "the root key, which wraps the keys of all tenants")
	c.Flags().BoolVar(&tenant, "tenant", false, "the key of the tenant")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	return c
}

func destroy(e *command.Env) *cobra.Command {
	var confirm, reason string
	c := &cobra.Command{
		Use: "destroy TENANT", Short: "Make everything unreadable that is sealed for a tenant, for ever", Args: cobra.ExactArgs(1),
		Long: "The tenant's keys are removed from the database, and their shares from where the configuration keeps them: its\n" +
			"secrets, states and plans, and the credentials of its repositories and subscriptions cannot be opened any more,\n" +
			"wherever copies of them are, nor with a backup of the database. A backup of the shares must go, too.",
		Example: "  terrace keys destroy acme --confirm acme --reason \"the contract has ended\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if confirm != args[0] {
				return exit.Wrong("the keys of a tenant are destroyed for ever").WithFix("say its name once more with --confirm %s", args[0])
			}
			if err := s.DestroyKeys(ctx, apiclient.DestroyKeysRequest{Tenant: args[0], Confirm: confirm, Reason: reason}); err != nil {
				return err
			}
			return e.Print(map[string]string{"tenant": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "the keys of %s are destroyed\n", args[0]) })
		}),
	}
	c.Flags().StringVar(&confirm, "confirm", "", "the name of the tenant once more")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	_ = c.MarkFlagRequired("reason") // the flag is there
	return c
}

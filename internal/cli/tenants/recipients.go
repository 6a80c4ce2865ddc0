package tenants

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// recipients returns terrace tenant recipients.
func recipients(e *command.Env) *cobra.Command {
	return command.Group("recipients", "Name for whom the archive of a tenant is encrypted when it leaves", setRecipients(e), clearRecipients(e))
}

func setRecipients(e *command.Env) *cobra.Command {
	var without []string
	c := &cobra.Command{
		Use: "set NAME KEY...", Short: "Name the public keys of age for which the archive is encrypted", Args: cobra.MinimumNArgs(2),
		Long: "When a tenant leaves, an archive of all that it has is encrypted for these keys, and for nobody else: whoever runs the\n" +
			"platform keeps it, and cannot read it. They take the place of those that were named before, and terrace tenant show\n" +
			"tells them. Admins of the tenant itself do it, while it is open. Keep the secret key elsewhere: without it the archive\n" +
			"is lost. What may be large is left out with --without. From then on nobody ends the tenant without an archive.",
		Example: "  age-keygen -o key.txt\n  terrace tenant recipients set acme age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n" +
			"  terrace tenant recipients set acme age1… --without artifacts,logs",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in := apiclient.SetTenantRecipientsRequest{Keys: args[1:]}
			for _, kind := range without {
				what := apiclient.SetTenantRecipientsRequestWithout(kind)
				if !what.Valid() {
					return exit.Wrong("--without takes artifacts and logs, not %q", kind)
				}
				in.Without = append(in.Without, what)
			}
			return putRecipients(ctx, e, s, args[0], in)
		}),
	}
	c.Flags().StringSliceVar(&without, "without", nil, "what is left out: artifacts (those of workloads, and archives of modules), logs (those of runs)")
	return c
}

func clearRecipients(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "clear NAME", Short: "Take back for whom the archive is encrypted", Args: cobra.ExactArgs(1),
		Long:    "The tenant can leave only without an archive then.",
		Example: "  terrace tenant recipients clear acme",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			return putRecipients(ctx, e, s, args[0], apiclient.SetTenantRecipientsRequest{})
		}),
	}
}

func putRecipients(ctx context.Context, e *command.Env, s command.Server, name string, in apiclient.SetTenantRecipientsRequest) error {
	t, err := s.SetTenantRecipients(ctx, name, in)
	if err != nil {
		return err
	}
	return e.Print(t, func(w io.Writer) { tell(w, t) })
}

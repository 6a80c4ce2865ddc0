package dns

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

func keys(e *command.Env) *cobra.Command {
	return command.Group("key", "Keys that sign dynamic updates and transfers (TSIG)", createKey(e), listKeys(e),
		removed(e, "key", "delete KEY", "Remove a key: what it signs is refused from then on", "key delete ci", offeredKeys(e), func(ctx context.Context, s command.Server, name string) error { return s.DeleteDNSKey(ctx, name) }))
}

func offeredKeys(e *command.Env) command.Completion {
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSKey, error) { return s.DNSKeys(ctx) }, func(k apiclient.DNSKey) string { return k.Name })
}

func createKey(e *command.Env) *cobra.Command {
	var in apiclient.CreateDNSKeyRequest
	in.Algorithm = apiclient.CreateDNSKeyRequestAlgorithmHmacSha256
	c := &cobra.Command{
		Use: "create KEY --zone ZONE", Short: "Make a key for a zone; its secret is shown this once", Args: cobra.ExactArgs(1),
		Long: "--update names what it may change: names in the zone, of which *.NAME stands for NAME and all below, and * for the whole zone.\n" +
			"What is printed is as nsupdate -k and named read it.",
		Example: "  terrace dns key create ci --zone corp.internal --update '*.apps' --type A,AAAA\n  terrace dns key create secondary --zone corp.internal --transfer > transfer.key",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Name = args[0]
			k, err := s.CreateDNSKey(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(k, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "key \"%s\" {\n\talgorithm %s;\n\tsecret \"%s\";\n};\n", k.KeyName, k.Algorithm, k.Secret)
			})
		}),
	}
	zoneFlag(e, c, &in.Zone)
	c.Flags().StringSliceVar(&in.Update, "update", nil, "`names` that it may change")
	command.Choices(c, &in.Types, "type", "types that it may change; all by default", types()...)
	c.Flags().BoolVar(&in.Transfer, "transfer", false, "let it copy the zone")
	command.Choice(c, &in.Algorithm, "algorithm", in.Algorithm, "the algorithm of its signatures",
		apiclient.CreateDNSKeyRequestAlgorithmHmacSha256, apiclient.CreateDNSKeyRequestAlgorithmHmacSha384, apiclient.CreateDNSKeyRequestAlgorithmHmacSha512)
	return c
}

func listKeys(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the keys that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace dns key list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSKeys(ctx)
			return command.PrintFound(e, all, err, []string{"KEY", "ZONE", "ALGORITHM", "MAY CHANGE", "MAY COPY", "AGE"}, func(k apiclient.DNSKey) []string {
				transfer := "no"
				if k.Transfer {
					transfer = "yes"
				}
				return []string{k.Name, k.Zone, k.Algorithm, strings.Join(append(append([]string{}, k.Update...), k.Types...), " "), transfer, output.Age(e.Clock.Now(), k.CreatedAt)}
			})
		}),
	}
}

package access

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func keys(e *command.Env) *cobra.Command {
	return command.Group("keys", "See the keys that sign tokens, and rotate them", listKeys(e), rotateKey(e))
}

func listKeys(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the keys that sign tokens", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace auth keys list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.SigningKeys(ctx)
			return command.PrintFound(e, all, err, []string{"KEY", "ALGORITHM", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"}, func(k apiclient.SigningKey) []string {
				until := "another follows"
				if k.PublishedUntil != nil {
					until = output.Stamp(*k.PublishedUntil)
				}
				return []string{k.ID, k.Algorithm, string(k.State), output.Stamp(k.SignsFrom), until}
			})
		}),
	}
}

func rotateKey(e *command.Env) *cobra.Command {
	var algorithm string
	c := &cobra.Command{
		Use: "rotate", Short: "Have another key sign tokens", Args: cobra.NoArgs,
		Long: "Adds a key. It is published at once and signs ten minutes later, when whoever checks tokens can know it. The key\n" +
			"before it is published until the last token that it signed has expired. Every thirty days this happens by itself.",
		Example: "  terrace auth keys rotate\n  terrace auth keys rotate --algorithm RS256",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			k, err := s.RotateSigningKey(ctx, apiclient.RotateSigningKeyRequestAlgorithm(algorithm))
			if err != nil {
				return err
			}
			return e.Print(k, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "the key %s signs from %s\n", k.ID, output.Stamp(k.SignsFrom))
			})
		}),
	}
	command.Choice(c, &algorithm, "algorithm", "ES256", "what the key signs with", "ES256", "RS256")
	return c
}

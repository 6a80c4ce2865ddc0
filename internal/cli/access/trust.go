package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// githubIssuer gives the jobs of GitHub Actions their tokens.
const githubIssuer = "https://token.actions.githubusercontent.com"

func trusts(e *command.Env) *cobra.Command {
	return command.Group("trust", "Trust tokens of CI systems, which are exchanged for short ones of Terrace",
		createTrust(e), listTrusts(e), deleteTrust(e), testTrust(e))
}

func createTrust(e *command.Env) *cobra.Command {
	var in apiclient.NewTrustRule
	c := &cobra.Command{
		Use: "create NAME", Short: "Trust tokens of an issuer that fit conditions", Args: cobra.ExactArgs(1),
		Long: "A job of a CI system that has a token of its own gets one of a service account for it, at the server's /oauth2/token,\n" +
			"for ten minutes at most. Every condition must fit: it names a claim, and is a value or a pattern in which * is any\n" +
			"characters but /. The token is narrowed to the scopes, projects and stages; the account's roles decide the rest.",
		Example: "  terrace auth trust create shop-main --service-account ci --condition repository=acme/shop --condition ref=refs/heads/main --scopes read,deploy --projects shop\n" +
			"  terrace auth trust create gitlab --issuer https://gitlab.com --service-account ci --condition project_path=acme/shop --scopes read",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Name = args[0]
			if in.Conditions == nil {
				in.Conditions = map[string]string{} // the server says why there must be some
			}
			r, err := s.CreateTrustRule(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "tokens of %s for %s are trusted by the rule %s\n", r.Issuer, r.Audience, r.Name)
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&in.Issuer, "issuer", githubIssuer, "where the issuer's keys are found")
	f.StringVar(&in.Audience, "audience", "", "whom a token must be for; the tenant's own address unless given")
	f.StringToStringVar(&in.Conditions, "condition", nil, "a claim and what it must be, CLAIM=PATTERN; may be given again")
	f.StringVar(&in.ServiceAccount, "service-account", "", "whom a token stands for")
	_ = c.MarkFlagRequired("service-account") // the flag was made above
	_ = c.RegisterFlagCompletionFunc("service-account", e.ServiceAccounts())
	command.Choices(c, &in.Scopes, "scopes", "what its tokens are for", "read", "deploy", "approve", "secrets", "admin")
	_ = c.MarkFlagRequired("scopes") // the flag was made above
	f.StringSliceVar(&in.Projects, "projects", nil, "the projects that its tokens are limited to")
	f.StringSliceVar(&in.Stages, "stages", nil, "the stages that its tokens are limited to")
	return c
}

func listTrusts(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List whose tokens are trusted", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace auth trust list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.TrustRules(ctx)
			return command.PrintFound(e, all, err, []string{"RULE", "ISSUER", "CONDITIONS", "ACCOUNT", "SCOPES", "LIMITED TO"}, func(r apiclient.TrustRule) []string {
				return []string{r.Name, r.Issuer, conditionsOf(r), r.ServiceAccount, strings.Join(r.Scopes, ","), strings.Join(slices.Concat(r.Projects, r.Stages), ",")}
			})
		}),
	}
}

func conditionsOf(r apiclient.TrustRule) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(r.Conditions)) {
		all = append(all, name+"="+r.Conditions[name])
	}
	return strings.Join(all, " ")
}

func deleteTrust(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete NAME", Short: "Trust tokens no longer", Args: cobra.ExactArgs(1),
		Example: "  terrace auth trust delete shop-main --yes",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, fmt.Sprintf("Trust the tokens of the rule %s no longer?", args[0])); err != nil {
				return err
			}
			return done(e, s.DeleteTrustRule(ctx, args[0]), "deleted", args[0], "the rule %s is removed\n", args[0])
		}),
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// maxTrustToken is the longest token that is sent, in bytes.
const maxTrustToken = 16 << 10

func testTrust(e *command.Env) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "test", Short: "See what each rule makes of a token", Args: cobra.NoArgs,
		Long:    "The server checks the token by the keys of its issuer. It is not used up: it can be exchanged afterwards.",
		Example: "  terrace auth trust test --file token.jwt",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			token, err := readTrustToken(file)
			if err != nil {
				return err
			}
			verdicts, err := s.TestTrustRules(ctx, token)
			return command.PrintFound(e, verdicts, err, []string{"RULE", "FITS", "WHY NOT"}, func(v apiclient.TrustVerdict) []string {
				fits := "no"
				if v.Fits {
					fits = "yes"
				}
				return []string{v.Rule, fits, v.Why}
			})
		}),
	}
	c.Flags().StringVarP(&file, "file", "f", "", "the file with the token")
	_ = c.MarkFlagRequired("file") // the flag was made above
	return c
}

func readTrustToken(path string) (token string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", kernel.Errorf(kernel.Invalid, "the token cannot be read: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(f, maxTrustToken+1))
	switch {
	case err != nil:
		return "", kernel.Errorf(kernel.Invalid, "the token cannot be read: %w", err)
	case len(raw) > maxTrustToken:
		return "", kernel.Errorf(kernel.Invalid, "%s is too long for a token", path).WithFix("write the token alone into it")
	}
	return strings.TrimSpace(string(raw)), nil
}

package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

const (
	maxRulesFile  = 1 << 20
	maxClaimsFile = 512 << 10
)

const rulesHelp = `A document has a list of rules. Each gives a group of the tenant, or a role: in a project, in a stage of it, or
on: tenant, or on: platform. All conditions of when must hold; without any, a rule is for everybody who signs in
with the provider. A claim is named to the letter, or /a/b is b inside of a.

  rules:
    - name: developers
      when: [{claim: groups, contains: 0f1e2d3c-0000-0000-0000-000000000001}]
      role: developer
      project: shop
      stage: dev
    - name: approvers
      when:
        - {claim: roles, oneOf: [Terrace.Approve, Terrace.All]}
        - {claim: email, glob: "*@example.com"}
      group: approvers

equals is a claim that is one value, contains one of a list, oneOf and glob either. Rules hold from the next sign-in
on, and what they no longer give is taken then; what people gave stays.`

func upstreamRules(e *command.Env) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "rules NAME", Short: "Show the rules by which claims give groups and roles, or replace them", Args: cobra.ExactArgs(1),
		Long:    rulesHelp,
		Example: "  terrace auth upstream rules entra > rules.yaml\n  terrace auth upstream rules entra --file rules.yaml",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if file == "" {
				u, err := s.Upstream(ctx, args[0])
				if err != nil {
					return err
				}
				return e.Print(u.Rules, func(w io.Writer) { _, _ = io.WriteString(w, u.RulesText) })
			}
			text, err := e.ReadSource(file, maxRulesFile)
			if err != nil {
				return err
			}
			u, err := s.SetUpstreamRules(ctx, args[0], string(text))
			if err != nil {
				return command.Of(file, err)
			}
			return e.Print(u.Rules, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s has %s, from the next sign-in on\n", u.Name, output.Count(len(u.Rules), "rule"))
			})
		}),
	}
	c.Flags().StringVarP(&file, "file", "f", "", "replace them by those of this file, - for the input")
	return c
}

func testUpstream(e *command.Env) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "test NAME", Short: "See what each rule makes of claims", Args: cobra.ExactArgs(1),
		Long:    "The claims are a JSON object, such as the payload of an ID token. Nobody is signed in, and nothing changes.",
		Example: "  terrace auth upstream test entra --claims claims.json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			claims, err := readClaims(e, file)
			if err != nil {
				return err
			}
			verdicts, err := s.TestUpstreamRules(ctx, args[0], claims)
			return command.PrintFound(e, verdicts, err, []string{"RULE", "APPLIES", "GIVES", "WHY NOT"}, func(v apiclient.UpstreamVerdict) []string {
				return []string{v.Rule, yesNo(v.Applies), v.Gives, v.Why}
			})
		}),
	}
	c.Flags().StringVar(&file, "claims", "", "the file with the claims, - for the input")
	_ = c.MarkFlagRequired("claims") // the flag was made above
	return c
}

func readClaims(e *command.Env, file string) (map[string]any, error) {
	raw, err := e.ReadSource(file, maxClaimsFile)
	if err != nil {
		return nil, err
	}
	const fix = "write a JSON object, such as {\"groups\": [\"a\"]}"
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var claims map[string]any
	if err := decoder.Decode(&claims); err != nil {
		at := decoder.InputOffset()
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = syntax.Offset
		}
		before := string(raw[:min(int(at), len(raw))])
		return nil, command.InFile(file, fix, "line %d, column %d: %v", strings.Count(before, "\n")+1, len(before)-strings.LastIndex(before, "\n"), err)
	}
	if claims == nil {
		return nil, command.InFile(file, fix, "it is no JSON object")
	}
	return claims, nil
}

func upstreamLinks(e *command.Env) *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "links", Short: "List the accounts elsewhere that sign a user in", Args: cobra.NoArgs,
		Long:    "They are one's own unless --user names somebody else. People link accounts at /sign-in/links of the server.",
		Example: "  terrace auth upstream links\n  terrace auth upstream links --user ada",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.UpstreamLinks(ctx, user)
			return command.PrintFound(e, all, err, []string{"UPSTREAM", "ACCOUNT", "LINKED BY", "LAST USED", "RULES", "LINK"}, func(l apiclient.UpstreamLink) []string {
				return []string{l.Upstream, l.Name, string(l.LinkedBy), output.Age(e.Clock.Now(), l.LastUsed), strings.Join(l.Rules, ","), l.ID}
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose accounts; one's own unless given")
	_ = c.RegisterFlagCompletionFunc("user", e.Users()) // the flag was made above
	return c
}

func unlinkUpstream(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "unlink LINK", Short: "Have an account elsewhere sign nobody in, by the id of its link", Args: cobra.ExactArgs(1),
		Long:    "What came of signing in with it ends. People unlink their own accounts, and admins those of all.",
		Example: "  terrace auth upstream unlink lnk_… --yes",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, fmt.Sprintf("Unlink %s, and end what came of it?", args[0])); err != nil {
				return err
			}
			return done(e, s.DeleteUpstreamLink(ctx, args[0]), "unlinked", args[0], "%s is unlinked\n", args[0])
		}),
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

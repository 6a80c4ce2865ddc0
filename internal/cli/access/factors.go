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
)

func factors(e *command.Env) *cobra.Command {
	return command.Group("factors", "See and change what you sign in with beside a password, and say who has to have something",
		listFactors(e), addTOTP(e), recoveryCodes(e), removeFactor(e), factorPolicy(e), resetFactors(e))
}

func listFactors(e *command.Env) *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "list", Short: "List your factors, or those of a user", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long:    "Passkeys are added in a browser, at the address that is shown.",
		Example: "  terrace auth factors list\n  terrace auth factors list --user ada",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			sheet, err := s.Factors(ctx, user)
			if err != nil {
				return err
			}
			return e.Print(sheet, func(w io.Writer) { writeSheet(e, w, sheet) })
		}),
	}
	c.Flags().StringVar(&user, "user", "", "those of this user; you unless given")
	_ = c.RegisterFlagCompletionFunc("user", e.Users()) // the flag was made above
	return c
}

func writeSheet(e *command.Env, w io.Writer, sheet apiclient.FactorSheet) {
	rows := make([][]string, 0, len(sheet.Items))
	for _, f := range sheet.Items {
		used, state := "never", "good"
		if f.LastUsedAt != nil {
			used = output.Age(e.Clock.Now(), *f.LastUsedAt) + " ago"
		}
		if f.SuspectAt != nil {
			state = "refused: there may be a copy of it"
		}
		rows = append(rows, []string{f.ID, string(f.Kind), f.Name, output.Age(e.Clock.Now(), f.CreatedAt), used, state})
	}
	if len(rows) > 0 {
		output.Rows(w, []string{"FACTOR", "KIND", "NAME", "AGE", "USED", "STATE"}, rows)
		_, _ = fmt.Fprintf(w, "\n%d recovery codes are left\n", sheet.RecoveryCodesLeft)
	} else {
		_, _ = fmt.Fprintln(w, "there are none")
	}
	_, _ = fmt.Fprintf(w, "the tenant's policy is %s; passkeys are added at %s\n", sheet.Policy, sheet.Page)
}

// factorProof asks for what shows that it is the person, and not only their token.
func factorProof(ctx context.Context, e *command.Env, s command.Server) (p apiclient.FactorProof, err error) {
	sheet, err := s.Factors(ctx, "")
	if err != nil {
		return p, err
	}
	if len(sheet.Items) > 0 {
		p.Code, err = e.Secret("TERRACE_FACTOR_CODE", "Code of your app, or a recovery code")
		return p, err
	}
	p.Password, err = e.Secret("TERRACE_PASSWORD", "Password")
	return p, err
}

// addingTOTP is a run of terrace auth factors totp.
type addingTOTP struct {
	name, enrolment string
	begin           bool
}

func addTOTP(e *command.Env) *cobra.Command {
	a := &addingTOTP{}
	c := &cobra.Command{
		Use: "totp", Short: "Add an app for one-time passwords", Args: cobra.NoArgs,
		Long: "Shows a QR code and the same as a key, for the app, and asks for the code that the app shows then. With the first\n" +
			"factor come recovery codes, which are shown this once. What it asks for is also read from TERRACE_PASSWORD, or of who\n" +
			"has a factor TERRACE_FACTOR_CODE, and from TERRACE_TOTP_CODE. Programs do it in two steps: --begin prints the key and\n" +
			"an enrolment, and --enrolment goes on with that.",
		Example: "  terrace auth factors totp --name phone\n  terrace auth factors totp --begin --output json\n  TERRACE_TOTP_CODE=123456 terrace auth factors totp --enrolment \"$ENROLMENT\"",
		RunE:    e.AtServer(func(ctx context.Context, s command.Server, _ []string) error { return a.run(ctx, e, s) }),
	}
	f := c.Flags()
	f.StringVar(&a.name, "name", "", "what to call it; app unless given")
	f.BoolVar(&a.begin, "begin", false, "begin, and print what to go on with")
	f.StringVar(&a.enrolment, "enrolment", "", "go on with what --begin has printed")
	c.MarkFlagsMutuallyExclusive("begin", "enrolment")
	c.MarkFlagsMutuallyExclusive("begin", "name")
	return c
}

func (a *addingTOTP) run(ctx context.Context, e *command.Env, s command.Server) error {
	if a.enrolment == "" {
		proof, err := factorProof(ctx, e, s)
		if err != nil {
			return err
		}
		begun, err := s.BeginTOTP(ctx, proof)
		if err != nil {
			return err
		}
		if a.begin {
			return e.Print(begun, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "key: %s\naddress: %s\nenrolment: %s\n", begun.Secret, begun.URI, begun.Enrolment)
			})
		}
		picture, err := qrCode(begun.URI)
		if err != nil {
			return err
		}
		e.Say("%s\nScan this with the app, or type the key into it: %s\n", picture, begun.Secret)
		a.enrolment = begun.Enrolment
	}
	code, err := e.Secret("TERRACE_TOTP_CODE", "Code that the app shows")
	if err != nil {
		return err
	}
	added, err := s.ConfirmTOTP(ctx, apiclient.ConfirmTotpRequest{Enrolment: a.enrolment, Code: code, Name: a.name})
	if err != nil {
		return err
	}
	return e.Print(added, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "the app %s is added: you sign in with it from now on\n", added.Factor.Name)
		if len(added.RecoveryCodes) > 0 {
			writeCodes(w, added.RecoveryCodes)
		}
	})
}

func writeCodes(w io.Writer, codes []string) {
	_, _ = fmt.Fprintf(w, "keep these recovery codes where you find them without the device; each is good once, and they are shown this once:\n%s\n",
		strings.Join(codes, "\n"))
}

func recoveryCodes(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "recovery-codes", Short: "Make new recovery codes; those before are good no more", Args: cobra.NoArgs,
		Long:    "Asks for a code of the app or one of the recovery codes, which is also read from TERRACE_FACTOR_CODE.",
		Example: "  terrace auth factors recovery-codes",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			proof, err := factorProof(ctx, e, s)
			if err != nil {
				return err
			}
			codes, err := s.MakeRecoveryCodes(ctx, proof)
			if err != nil {
				return err
			}
			return e.Print(map[string]any{"recoveryCodes": codes}, func(w io.Writer) { writeCodes(w, codes) })
		}),
	}
}

func removeFactor(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "remove FACTOR", Short: "Remove one of your factors, by its id", Args: cobra.ExactArgs(1),
		Long: "Asks for a code of the app or one of the recovery codes, which is also read from TERRACE_FACTOR_CODE. The last\n" +
			"factor stays where the tenant asks for one; recovery codes go with it.",
		Example:           "  terrace auth factors remove fct_…",
		ValidArgsFunction: e.Factors(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			proof, err := factorProof(ctx, e, s)
			if err != nil {
				return err
			}
			return done(e, s.RemoveFactor(ctx, args[0], proof), "removed", args[0], "the factor %s is removed\n", args[0])
		}),
	}
}

func factorPolicy(e *command.Env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "policy [POLICY]", Short: "Show or set of whom the tenant asks for a second factor", Args: cobra.MaximumNArgs(1),
		Long: "optional asks who has one; admins asks those who are admins of anything, too; required asks everybody who signs in\n" +
			"with a password. It counts for who is signed in, too: whoever has proven less signs in again within ten minutes.\n" +
			"Who has none is led to add one then, and their personal tokens wait for it.",
		Example: "  terrace auth factors policy\n  terrace auth factors policy required --reason \"audit 7\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) (err error) {
			var p apiclient.FactorPolicy
			if len(args) == 0 {
				p, err = s.FactorPolicy(ctx)
			} else {
				p, err = s.SetFactorPolicy(ctx, apiclient.SetFactorPolicyRequest{Policy: apiclient.FactorPolicy(args[0]), Reason: reason})
			}
			return done(e, err, "policy", string(p), "the policy is %s\n", p)
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	command.ChoiceArgument(c, 0, apiclient.FactorPolicyOptional, apiclient.FactorPolicyAdmins, apiclient.FactorPolicyRequired)
	return c
}

func resetFactors(e *command.Env) *cobra.Command {
	in := apiclient.ResetFactorsRequest{}
	var yes bool
	c := &cobra.Command{
		Use: "reset USER", Short: "Remove all factors of a user, and end what they are signed in to", Args: cobra.ExactArgs(1),
		Long: "For who has lost them. Their password signs them in afterwards, as the policy lets it. Personal tokens of theirs end,\n" +
			"too, unless --keep-tokens is given.",
		Example: "  terrace auth factors reset ada --reason \"lost the phone\" --yes",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, fmt.Sprintf("Remove all factors of %s and sign them out everywhere?", args[0])); err != nil {
				return err
			}
			was, err := s.ResetFactors(ctx, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(map[string]any{"user": args[0], "factors": was.Factors, "tokens": was.Tokens}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s has no factors any more (there were %d) and is signed out; %d tokens ended\n", args[0], was.Factors, was.Tokens)
			})
		}),
		ValidArgsFunction: e.Users(),
	}
	resetFlags(c, &in.KeepTokens, &in.Reason, &yes)
	return c
}

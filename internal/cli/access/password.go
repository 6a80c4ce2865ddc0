package access

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func changePassword(e *command.Env) *cobra.Command {
	var stdin bool
	c := &cobra.Command{
		Use: "password", Short: "Change your own password", Args: cobra.NoArgs,
		Long: "Asks on the terminal for the present password and twice for the new one, without showing them.\n" +
			"With --stdin both are read from the input: the present one is the first line, the new one the second.\n" +
			"You are signed out everywhere but where you do it; personal tokens stay.",
		Example: "  terrace user password\n  printf '%s\\n%s\\n' \"$OLD\" \"$NEW\" | terrace user password --stdin",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			present, next, err := passwords(e, stdin)
			if err != nil {
				return err
			}
			if err := s.ChangePassword(ctx, present, next); err != nil {
				return err
			}
			return e.Print(map[string]bool{"changed": true}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "the password is changed") })
		}),
	}
	c.Flags().BoolVar(&stdin, "stdin", false, "read the present and the new password from the input, a line each")
	return c
}

func passwords(e *command.Env, stdin bool) (present, next string, err error) {
	switch {
	case stdin:
		lines := bufio.NewScanner(io.LimitReader(e.In, 4096))
		return line(lines), line(lines), lines.Err()
	case e.ReadPassword == nil:
		return "", "", exit.Wrong("there is no terminal to ask for passwords on").WithFix("write both to the input and add --stdin")
	}
	answers := [3]string{}
	for i, prompt := range []string{"Present password", "New password", "New password again"} {
		_, _ = fmt.Fprintf(e.Err, "%s: ", prompt)
		answers[i], err = e.ReadPassword()
		_, _ = fmt.Fprintln(e.Err)
		if err != nil {
			return "", "", fmt.Errorf("read the password: %w", err)
		}
	}
	if answers[1] != answers[2] {
		return "", "", kernel.Errorf(kernel.Refused, "the new passwords differ; nothing has changed").WithFix("try again")
	}
	return answers[0], answers[1], nil
}

// line returns the next line, "" after the last.
func line(lines *bufio.Scanner) string {
	lines.Scan()
	return strings.TrimRight(lines.Text(), "\r")
}

func resetPassword(e *command.Env) *cobra.Command {
	in := apiclient.ResetPasswordRequest{}
	var yes bool
	c := &cobra.Command{
		Use: "reset-password NAME", Short: "Give a user another password, and end what they are signed in to", Args: cobra.ExactArgs(1),
		Long: "For who has lost it, or had it stolen. Personal tokens of theirs end, too, unless --keep-tokens is given. The password\n" +
			"is read from the terminal, from TERRACE_NEW_PASSWORD or from the first line of the input. The user chooses another when\n" +
			"they sign in, since you know it, unless it is theirs already.",
		Example: "  terrace user reset-password ada --reason \"lost it\"\n  echo \"$PASSWORD\" | terrace user reset-password ada --keep-tokens --yes",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) (err error) {
			if err := e.Confirm(yes, fmt.Sprintf("Give %s another password and sign them out everywhere?", args[0])); err != nil {
				return err
			}
			if in.Password, err = e.Secret("TERRACE_NEW_PASSWORD", "New password of "+args[0]); err != nil {
				return err
			}
			was, err := s.ResetPassword(ctx, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(map[string]any{"user": args[0], "tokens": was.Tokens}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s has another password and is signed out; %d tokens ended\n", args[0], was.Tokens)
			})
		}),
		ValidArgsFunction: e.Users(),
	}
	theirsFlag(c, &in.Theirs)
	resetFlags(c, &in.KeepTokens, &in.Reason, &yes)
	return c
}

// resetFlags are those of what an admin does to how somebody else signs in.
func resetFlags(c *cobra.Command, keep *bool, reason *string, yes *bool) {
	c.Flags().BoolVar(keep, "keep-tokens", false, "let their personal tokens hold on")
	c.Flags().StringVar(reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVarP(yes, "yes", "y", false, "do not ask")
}

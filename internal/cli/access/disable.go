package access

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

func disableUser(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "disable NAME", Short: "Keep a user out: sign-ins and tokens are refused at once", Args: cobra.ExactArgs(1),
		Long:    "The user's roles and tokens stay, and work again after terrace user enable.",
		Example: "  terrace user disable ada",
		RunE:    func(c *cobra.Command, args []string) error { return setDisabled(c, e, args[0], true) },
	}
}

func enableUser(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "enable NAME", Short: "Let a disabled user in again", Args: cobra.ExactArgs(1),
		Example: "  terrace user enable ada",
		RunE:    func(c *cobra.Command, args []string) error { return setDisabled(c, e, args[0], false) },
	}
}

func setDisabled(c *cobra.Command, e *command.Env, name string, disabled bool) error {
	s, err := e.Server()
	if err != nil {
		return err
	}
	u, err := s.SetUserDisabled(c.Context(), name, disabled)
	if err != nil {
		return err
	}
	state := "enabled"
	if disabled {
		state = "disabled"
	}
	return e.Print(u, func(w io.Writer) { _, _ = fmt.Fprintf(w, "user %s is %s\n", u.Name, state) })
}

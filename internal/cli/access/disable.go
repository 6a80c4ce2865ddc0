package access

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func disableUser(e *command.Env) *cobra.Command {
	return turn[apiclient.User]{
		short: "Keep a user out: sign-ins and tokens are refused at once", long: "The user's roles and tokens stay, and work again after terrace user enable.",
		example: "  terrace user disable ada", what: "user", off: true, set: command.Server.SetUserDisabled,
	}.command(e)
}

func enableUser(e *command.Env) *cobra.Command {
	return turn[apiclient.User]{
		short: "Let a disabled user in again", example: "  terrace user enable ada", what: "user", set: command.Server.SetUserDisabled,
	}.command(e)
}

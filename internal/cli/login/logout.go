package login

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/renew"
	"github.com/terrace-idp/terrace/internal/cli/signin"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Logout returns terrace logout.
func Logout(e *command.Env) *cobra.Command {
	c := &cobra.Command{
		Use: "logout", Short: "End the sign-in of a context, and forget it", Args: cobra.NoArgs,
		Long: "Ends the sign-in of the current context, or of the one that --context names, at its server: no token of\n" +
			"it holds any more. Then the context is forgotten. A personal token stays as it is: `terrace token revoke` ends it.",
		Example: "  terrace logout\n  terrace logout --context production",
		RunE:    func(c *cobra.Command, _ []string) error { return logout(c.Context(), e) },
	}
	return c
}

func logout(ctx context.Context, e *command.Env) error {
	book, err := e.Files().Book()
	if err != nil {
		return err
	}
	name := cmp.Or(e.Context, book.Current)
	kept, ok := contextOf(book, name)
	if !ok {
		if e.Context != "" && e.Context != signin.OfThisMachine {
			return kernel.Errorf(kernel.NotFound, "there is no context %q", e.Context).WithFix("see `terrace context list`")
		}
		return kernel.Errorf(kernel.Conflict, "nobody has signed in here with `terrace login`").
			WithFix("the server on this machine signs in by the file that `terraced up` writes; see `terrace context list` for others")
	}
	ended, err := end(ctx, e, kept.Identity)
	if err != nil {
		return err
	}
	unlock, err := e.Files().Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := e.Files().Forget(name); err != nil {
		return err
	}
	return e.Print(map[string]any{"context": name, "address": kept.Address, "ended": ended}, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "signed out of %s; the context %s is forgotten\n", kept.Address, name)
		if !ended {
			_, _ = fmt.Fprintln(w, "its token still holds: end it with terrace token revoke")
		}
	})
}

// end ends what a sign-in made: a session, or the token for a password. A token that
// somebody gave is not ended by signing out.
func end(ctx context.Context, e *command.Env, id signin.Identity) (ended bool, err error) {
	switch {
	case id.Refresh != "":
		return true, renew.Revoke(ctx, id)
	case id.Session == "":
		return false, nil
	}
	client, err := apiclient.New(apiclient.Options{Address: id.Address, Token: id.Token, Agent: "terrace/" + e.Version})
	if err != nil {
		return false, err
	}
	err = client.RevokeToken(ctx, id.Session)
	if kernel.Is(err, kernel.Unauthenticated) || kernel.Is(err, kernel.NotFound) {
		err = nil // it has ended already
	}
	return true, err
}

func contextOf(book signin.Book, name string) (signin.Context, bool) {
	for _, c := range book.Contexts {
		if c.Name == name {
			return c, true
		}
	}
	return signin.Context{}, false
}

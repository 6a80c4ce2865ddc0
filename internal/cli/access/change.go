package access

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// removal is a command that removes a thing by its name.
type removal struct {
	use, short, example string
	// what is removed, and with what.
	what, with string
	remove     func(s command.Server, ctx context.Context, name string) error //nolint:revive // a method of the server
}

func (r removal) command(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: r.use, Short: r.short, Args: cobra.ExactArgs(1), Example: r.example,
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, fmt.Sprintf("Remove the %s %s with %s?", r.what, args[0], r.with)); err != nil {
				return err
			}
			return done(e, r.remove(s, ctx, args[0]), "deleted", args[0], "%s %s is removed\n", r.what, args[0])
		}),
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// turn is a command that keeps an account out, or lets it in again, by its name.
type turn[T any] struct {
	short, long, example, what string
	off                        bool
	set                        func(s command.Server, ctx context.Context, name string, disabled bool) (T, error) //nolint:revive // a method of the server
}

func (t turn[T]) command(e *command.Env) *cobra.Command {
	verb := map[bool]string{true: "disable", false: "enable"}[t.off]
	return &cobra.Command{
		Use: verb + " NAME", Short: t.short, Args: cobra.ExactArgs(1), Long: t.long, Example: t.example,
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			account, err := t.set(s, ctx, args[0], t.off)
			if err != nil {
				return err
			}
			return e.Print(account, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s %s is %sd\n", t.what, args[0], verb) })
		}),
	}
}

// done tells what was done to a thing, where it was.
func done(e *command.Env, err error, what, name, format string, args ...any) error {
	if err != nil {
		return err
	}
	return e.Print(map[string]string{what: name}, func(w io.Writer) { _, _ = fmt.Fprintf(w, format, args...) })
}

// Package login has the commands that say where the server is and who the user
// is: terrace login and terrace context list and use.
//
// It owns their flags. cli/signin keeps what they learn.
package login

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/signin"
)

type login struct {
	e                       *command.Env
	name, username, project string
}

// Command returns terrace login.
func Command(e *command.Env) *cobra.Command {
	l := &login{e: e}
	c := &cobra.Command{
		Use: "login ADDRESS", Short: "Sign in to a server and keep it as a context",
		Long: "Signs in with a username and a password (read from the terminal, or from TERRACE_PASSWORD),\n" +
			"or with a personal token in TERRACE_TOKEN or --token, and makes the server the current context.\n" +
			"`terrace context use local` goes back to the server on this machine.",
		Example: "  terrace login https://terrace.example.com --username ada\n  TERRACE_TOKEN=terr_… terrace login http://127.0.0.1:7080 --name robot",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return l.run(c.Context(), args[0]) },
	}
	c.Flags().StringVar(&l.username, "username", "", "the user to sign in as; without it a token is used")
	c.Flags().StringVar(&l.name, "name", "", "the name of the context; the server's host by default")
	return c
}

func (l *login) run(ctx context.Context, address string) error {
	l.project = first(l.e.Identity.Project, l.e.Getenv("TERRACE_PROJECT"))
	if _, err := apiclient.Address(address); err != nil { // before anybody is asked for a password
		return err
	}
	token, err := l.token(ctx, address)
	if err != nil {
		return err
	}
	client, err := apiclient.New(apiclient.Options{Address: address, Token: token, Agent: "terrace/" + l.e.Version})
	if err != nil {
		return err
	}
	me, err := client.Me(ctx)
	if err != nil {
		return err
	}
	c := signin.Context{Name: l.contextName(address), Identity: signin.Identity{Address: address, Token: token, Project: l.project}}
	if err := l.e.Files().Keep(c); err != nil {
		return err
	}
	return l.e.Print(map[string]string{"context": c.Name, "address": address, "user": me.Name}, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "signed in to %s as %s; the context is %s\n", address, me.Name, c.Name)
	})
}

func (l *login) token(ctx context.Context, address string) (string, error) {
	if l.username == "" {
		if t := first(l.e.Identity.Token, l.e.Getenv("TERRACE_TOKEN")); t != "" {
			return t, nil
		}
		return l.e.Secret("TERRACE_TOKEN", "Token")
	}
	password, err := l.e.Secret("TERRACE_PASSWORD", "Password")
	if err != nil {
		return "", err
	}
	client, err := apiclient.New(apiclient.Options{Address: address, Agent: "terrace/" + l.e.Version})
	if err != nil {
		return "", err
	}
	session, err := client.SignIn(ctx, l.username, password)
	return session.Token, err
}

func (l *login) contextName(address string) string {
	if l.name != "" {
		return l.name
	}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return address
}

// Contexts returns terrace context.
func Contexts(e *command.Env) *cobra.Command {
	return command.Group("context", "See and choose the server that commands talk to", list(e), use(e))
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the contexts; local is the server on this machine", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace context list",
		RunE: func(*cobra.Command, []string) error {
			book, err := e.Files().Known()
			if err != nil {
				return err
			}
			for i := range book.Contexts {
				book.Contexts[i].Token = "" // shown nowhere
			}
			return e.Print(book, func(w io.Writer) {
				rows := make([][]string, 0, len(book.Contexts))
				for _, c := range book.Contexts {
					mark := ""
					if c.Name == book.Current {
						mark = "current"
					}
					rows = append(rows, []string{c.Name, c.Address, c.Project, mark})
				}
				output.Rows(w, []string{"CONTEXT", "ADDRESS", "PROJECT", ""}, rows)
			})
		},
	}
}

func use(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "use CONTEXT", Short: "Make a context the current one", Args: cobra.ExactArgs(1),
		Example:           "  terrace context use production",
		ValidArgsFunction: names(e),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := e.Files().Use(args[0]); err != nil {
				return err
			}
			return e.Print(map[string]string{"current": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "the current context is %s\n", args[0]) })
		},
	}
}

func names(e *command.Env) command.Completion {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		book, err := e.Files().Known()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		out := make([]string, 0, len(book.Contexts))
		for _, c := range book.Contexts {
			out = append(out, c.Name)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

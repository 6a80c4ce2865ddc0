// Package login has the commands that say where the server is and who the user
// is: terrace login and logout, and terrace context list and use.
//
// It owns their flags. cli/signin keeps what they learn.
package login

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/renew"
	"github.com/terrace-idp/terrace/internal/cli/signin"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type login struct {
	e                                        *command.Env
	name, username, tenant, project, address string
	inBrowserOnly, onDeviceOnly              bool
	scopes                                   []string
}

// Command returns terrace login.
func Command(e *command.Env) *cobra.Command {
	l := &login{e: e}
	c := &cobra.Command{
		Use: "login ADDRESS", Short: "Sign in to a server and keep it as a context",
		Long: "Signs you in in a browser and makes the server the current context: in one on this machine where there is a\n" +
			"display, else in one on any other machine, for which a code is shown. The sign-in is renewed by itself, until\n" +
			"`terrace logout`.\n\n" +
			"With --username a password is read, from the terminal or from TERRACE_PASSWORD, and a new\n" +
			"one where somebody else has chosen it, from TERRACE_NEW_PASSWORD. With a personal token in TERRACE_TOKEN or\n" +
			"--token nobody is asked. Without a terminal, and without a flag that says how, a token is read\n" +
			"from the standard input. `terrace context use local` goes back to the server on this machine.",
		Example: "  terrace login https://terrace.example.com\n  terrace login https://terrace.example.com --device --scopes read,deploy\n" +
			"  terrace login https://terrace.example.com --username ada --tenant acme\n  TERRACE_TOKEN=terr_… terrace login http://127.0.0.1:7080 --name robot",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return l.run(c.Context(), args[0]) },
	}
	c.Flags().StringVar(&l.username, "username", "", "sign in with a password, as this user")
	c.Flags().StringVar(&l.tenant, "tenant", "", "the tenant to sign in to, where the server has several; with --username or in a browser on this machine")
	c.Flags().StringVar(&l.name, "name", "", "the name of the context; the server's host by default")
	c.Flags().BoolVar(&l.inBrowserOnly, "browser", false, "sign in in a browser on this machine")
	c.Flags().BoolVar(&l.onDeviceOnly, "device", false, "sign in in a browser on any machine, with a code")
	command.Choices(c, &l.scopes, "scopes", "what the sign-in may be used for, everything unless given", kernel.TokenScopes()...)
	c.MarkFlagsMutuallyExclusive("browser", "device", "username")
	return c
}

func (l *login) run(ctx context.Context, address string) error {
	l.project, l.address = cmp.Or(l.e.Identity.Project, l.e.Getenv("TERRACE_PROJECT")), address
	if _, err := apiclient.Address(address); err != nil { // before anybody is asked for a password
		return err
	}
	id, err := l.identity(ctx)
	if err != nil {
		return err
	}
	client, err := apiclient.New(apiclient.Options{Address: address, Token: id.Token, Agent: "terrace/" + l.e.Version})
	if err != nil {
		return err
	}
	me, err := client.Me(ctx)
	if err != nil {
		return err
	}
	c := signin.Context{Name: l.contextName(address), Identity: id}
	unlock, err := l.e.Files().Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := l.e.Files().Keep(c); err != nil {
		return err
	}
	return l.e.Print(map[string]string{"context": c.Name, "address": address, "user": me.Name}, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "signed in to %s as %s; the context is %s\n", address, me.Name, c.Name)
	})
}

// identity signs somebody in, in the way that was asked for.
func (l *login) identity(ctx context.Context) (signin.Identity, error) {
	id := signin.Identity{Address: l.address, Project: l.project}
	asked := l.inBrowserOnly || l.onDeviceOnly || len(l.scopes) > 0
	given := cmp.Or(l.e.Identity.Token, l.e.Getenv("TERRACE_TOKEN")) != ""
	if l.username != "" || !asked && (given || !l.e.Terminal) {
		return l.byToken(ctx, id)
	}
	server, err := renew.Discover(ctx, l.address)
	if err != nil {
		return id, err
	}
	scopes := l.scopes
	if len(scopes) == 0 {
		scopes = kernel.TokenScopes()
	}
	config := renew.Config(l.address, append(renew.Scopes(), scopes...))
	var token *oauth2.Token
	if l.inBrowserOnly || !l.onDeviceOnly && l.e.HasDisplay() {
		token, err = l.inBrowser(ctx, server, config)
	} else {
		token, err = l.onDevice(ctx, config)
	}
	if err != nil {
		return id, err
	}
	return renew.Keep(id, token), nil
}

// byToken signs in with a token that was given, or with one for a password.
func (l *login) byToken(ctx context.Context, id signin.Identity) (_ signin.Identity, err error) {
	if l.username == "" {
		if id.Token = cmp.Or(l.e.Identity.Token, l.e.Getenv("TERRACE_TOKEN")); id.Token == "" {
			id.Token, err = l.e.Secret("TERRACE_TOKEN", "Token")
		}
		return id, err
	}
	password, err := l.e.Secret("TERRACE_PASSWORD", "Password")
	if err != nil {
		return id, err
	}
	client, err := apiclient.New(apiclient.Options{Address: l.address, Agent: "terrace/" + l.e.Version})
	if err != nil {
		return id, err
	}
	made, err := client.SignIn(ctx, l.tenant, l.username, password)
	if asksAnew(err) {
		made, err = l.anew(ctx, client, password, err)
	}
	id.Token, id.Session = made.Token, made.ID
	return id, err
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
				book.Contexts[i].Token, book.Contexts[i].Refresh = "", "" // shown nowhere
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

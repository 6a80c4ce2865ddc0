// Package command is what every command of the client stands on: its streams,
// its flags, its server and its output.
//
// It owns nothing of any command. Commands take an Env, so that a test runs
// them without a terminal, a home folder or an environment.
package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/renew"
	"github.com/terrace-idp/terrace/internal/cli/signin"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Env is the surroundings of a command.
type Env struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Terminal says that a person reads Err and answers on In.
	Terminal bool
	// ReadPassword reads a line without showing it; nil where there is no terminal.
	ReadPassword func() (string, error)
	Getenv       func(string) string
	// Environ is the whole environment, as KEY=VALUE; nil is none.
	Environ func() []string
	Clock   kernel.Clock
	// Version is the client's own.
	Version string

	// Flags that every command has.
	Identity signin.Identity
	Context  string
	Format   string
}

// Files are the files that keep sign-ins.
func (e *Env) Files() signin.Files { return signin.Files{Getenv: e.Getenv} }

// Server is a server with the identity that is used there.
type Server struct {
	*apiclient.Client
	Identity signin.Identity
}

// Server returns the server that the command talks to.
func (e *Env) Server() (Server, error) {
	id, err := e.Files().Resolve(e.Identity, e.Context)
	if err != nil {
		return Server{}, err
	}
	o := apiclient.Options{Address: id.Address, Token: id.Token, Agent: "terrace/" + e.Version}
	if id.Refresh != "" {
		o.Source = (&renew.Source{Files: e.Files(), Clock: e.Clock, Identity: id}).Token
	}
	c, err := apiclient.New(o)
	return Server{Client: c, Identity: id}, err
}

// Project returns the server and the project that the command is about: the
// one that was named, else the only one that the user can see.
func (e *Env) Project(ctx context.Context) (Server, string, error) {
	s, err := e.Server()
	if err != nil || s.Identity.Project != "" {
		return s, s.Identity.Project, err
	}
	projects, err := s.Projects(ctx)
	if err != nil {
		return s, "", err
	}
	if len(projects) == 1 {
		return s, projects[0].Name, nil
	}
	names := make([]string, 0, len(projects))
	for _, p := range projects {
		names = append(names, p.Name)
	}
	fix := "name one with --project or TERRACE_PROJECT: " + strings.Join(names, ", ")
	if len(names) == 0 {
		fix = "create one with `terrace project create NAME --costcenter X --owner Y`"
	}
	return s, "", exit.Wrong("no project is named and there are %d", len(names)).WithFix("%s", fix)
}

// Print writes the result v of a command.
func (e *Env) Print(v any, people func(w io.Writer)) error {
	return output.Write(e.Out, e.Format, v, people)
}

// PrintLine writes one value of a stream.
func (e *Env) PrintLine(v any, people func(w io.Writer)) error {
	return output.WriteLine(e.Out, e.Format, v, people)
}

// Say writes a line for people, on the error stream.
func (e *Env) Say(format string, args ...any) {
	_, _ = fmt.Fprintln(e.Err, output.Visible(fmt.Sprintf(format, args...)))
}

// Confirm asks a person; without a terminal the line lacks --yes.
func (e *Env) Confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if !e.Terminal {
		return exit.Wrong("there is no terminal on which to ask: %s", question).WithFix("add --yes")
	}
	_, _ = fmt.Fprintf(e.Err, "%s [y/N] ", output.Visible(question))
	answer, err := bufio.NewReader(e.In).ReadString('\n')
	if err != nil && answer == "" {
		return kernel.Errorf(kernel.Refused, "nothing was answered")
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return kernel.Errorf(kernel.Refused, "it was not confirmed; nothing has changed")
	}
	return nil
}

// maxSecretText is the largest value that the server keeps, in bytes.
const maxSecretText = 64 << 10

// Secret returns a value that must not stand on the command line: from the
// variable, else from the terminal, else the first line of the input.
func (e *Env) Secret(variable, prompt string) (string, error) {
	if v := e.Getenv(variable); v != "" {
		return v, nil
	}
	if e.ReadPassword != nil {
		_, _ = fmt.Fprintf(e.Err, "%s: ", prompt)
		v, err := e.ReadPassword()
		_, _ = fmt.Fprintln(e.Err)
		return v, err
	}
	line, err := bufio.NewReader(io.LimitReader(e.In, 1<<20)).ReadString('\n')
	if v := strings.TrimRight(line, "\r\n"); v != "" {
		return v, nil
	}
	return "", notGiven(variable, prompt, err)
}

func notGiven(variable, prompt string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return exit.Wrong("no %s is given", strings.ToLower(prompt)).WithFix("set %s, or write it on the standard input", variable)
	}
	return exit.Wrong("no %s is given: %w", strings.ToLower(prompt), err).WithFix("set %s, or write it on the standard input", variable)
}

// SecretText is Secret for a value of any number of lines, such as a key in PEM: of the
// input it is everything but the line break at its end.
func (e *Env) SecretText(variable, prompt string) (string, error) {
	if e.Getenv(variable) != "" || e.ReadPassword != nil {
		return e.Secret(variable, prompt)
	}
	all, err := io.ReadAll(io.LimitReader(e.In, maxSecretText+1))
	text := strings.TrimSuffix(strings.TrimSuffix(string(all), "\n"), "\r")
	switch {
	case err != nil || text == "":
		return "", notGiven(variable, prompt, err)
	case len(all) > maxSecretText:
		return "", exit.Wrong("the %s has more than %d bytes", strings.ToLower(prompt), maxSecretText).WithFix("keep a large file elsewhere, and what opens it as a secret")
	case !utf8.ValidString(text):
		return "", exit.Wrong("the %s is no text in UTF-8, and would be kept as another one", strings.ToLower(prompt)).WithFix("encode it, such as with base64, and decode it where it is used")
	}
	return text, nil
}

// Group returns a command that only holds others.
func Group(use, short string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(children...)
	return c
}

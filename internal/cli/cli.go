// Package cli is the client terrace: its tree of commands and its end.
//
// It owns the root command, the flags of all commands and the exit code. Each
// group of commands is a package below; cmd/terrace gives it the streams.
package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli/access"
	"github.com/terrace-idp/terrace/internal/cli/acme"
	"github.com/terrace-idp/terrace/internal/cli/apis"
	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/audit"
	"github.com/terrace-idp/terrace/internal/cli/azuresim"
	"github.com/terrace-idp/terrace/internal/cli/backups"
	"github.com/terrace-idp/terrace/internal/cli/budget"
	"github.com/terrace-idp/terrace/internal/cli/certificates"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/compliance"
	"github.com/terrace-idp/terrace/internal/cli/configs"
	"github.com/terrace-idp/terrace/internal/cli/cost"
	"github.com/terrace-idp/terrace/internal/cli/create"
	"github.com/terrace-idp/terrace/internal/cli/definitions"
	"github.com/terrace-idp/terrace/internal/cli/deploy"
	"github.com/terrace-idp/terrace/internal/cli/dns"
	"github.com/terrace-idp/terrace/internal/cli/doctor"
	"github.com/terrace-idp/terrace/internal/cli/domains"
	"github.com/terrace-idp/terrace/internal/cli/drift"
	"github.com/terrace-idp/terrace/internal/cli/events"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/explain"
	"github.com/terrace-idp/terrace/internal/cli/gateway"
	"github.com/terrace-idp/terrace/internal/cli/keys"
	"github.com/terrace-idp/terrace/internal/cli/landingzone"
	"github.com/terrace-idp/terrace/internal/cli/lifetime"
	"github.com/terrace-idp/terrace/internal/cli/login"
	"github.com/terrace-idp/terrace/internal/cli/mesh"
	"github.com/terrace-idp/terrace/internal/cli/modules"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/policy"
	"github.com/terrace-idp/terrace/internal/cli/pulls"
	"github.com/terrace-idp/terrace/internal/cli/quota"
	"github.com/terrace-idp/terrace/internal/cli/releases"
	"github.com/terrace-idp/terrace/internal/cli/repos"
	"github.com/terrace-idp/terrace/internal/cli/rollouts"
	"github.com/terrace-idp/terrace/internal/cli/rules"
	"github.com/terrace-idp/terrace/internal/cli/runners"
	"github.com/terrace-idp/terrace/internal/cli/runs"
	"github.com/terrace-idp/terrace/internal/cli/secrets"
	"github.com/terrace-idp/terrace/internal/cli/services"
	"github.com/terrace-idp/terrace/internal/cli/sources"
	"github.com/terrace-idp/terrace/internal/cli/stages"
	"github.com/terrace-idp/terrace/internal/cli/states"
	"github.com/terrace-idp/terrace/internal/cli/subscriptions"
	"github.com/terrace-idp/terrace/internal/cli/tags"
	"github.com/terrace-idp/terrace/internal/cli/tenants"
	"github.com/terrace-idp/terrace/internal/cli/topic"
	"github.com/terrace-idp/terrace/internal/cli/usage"
	"github.com/terrace-idp/terrace/internal/cli/verify"
	"github.com/terrace-idp/terrace/internal/cli/version"
	"github.com/terrace-idp/terrace/internal/cli/workloads"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Main runs the client and returns its exit code.
func Main(ctx context.Context, e *command.Env, args []string) int {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out := output.Check(e.Out, stop) // what nobody gets is not gone on with
	e.Out = out
	var started bool
	root := Root(e)
	mark(root, &started)
	arguments.Name(root)
	plainUsages(root, args)
	root.SetArgs(args)
	helped := helpOf(root)
	ran, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = helped()
	}
	if err = exit.Written(out.Err(), err); err == nil {
		return exit.OK
	}
	err = signedOut(e, onLine(ran, started, err))
	exit.Report(e.Err, formatOf(e, args), e.Clock.Now(), err)
	return exit.Code(err)
}

// onLine makes err a mistake in the command line where it is one: the command did not
// start, or it, or the server, calls something invalid that is not inside a document.
func onLine(ran *cobra.Command, started bool, err error) error {
	arguments.Place(ran, err)
	arguments.Seek(ran, err)
	if known, is := errors.AsType[*exit.UsageError](err); is {
		return &exit.UsageError{Err: known.Err, Command: cmp.Or(known.Command, ran.CommandPath())}
	}
	if !started || arguments.Wrong(err) {
		return &exit.UsageError{Err: arguments.Flags(ran, err), Command: ran.CommandPath()}
	}
	return err
}

// signedOut tells who sent no token how this client gets one: what the server says of it
// is for programs.
func signedOut(e *command.Env, err error) error {
	refused, is := errors.AsType[*kernel.Error](err)
	if !is || refused.Kind != kernel.Unauthenticated {
		return err
	}
	if id, found := e.Files().Resolve(e.Identity, e.Context); found == nil && id.Token == "" {
		_ = refused.WithFix("sign in with `terrace login %s --username NAME`, or set TERRACE_TOKEN", id.Address)
	}
	return err
}

// formatOf is the format that the line asks for, also where it cannot be read to
// its end; one that is unknown is told in words.
func formatOf(e *command.Env, args []string) string {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.ParseErrorsAllowlist.UnknownFlags = true
	f.SetOutput(io.Discard)
	format := f.StringP("output", "o", e.Format, "")
	_ = f.Parse(args) // what is wrong with the line was found already
	if !slices.Contains(output.Formats(), *format) {
		return output.Table
	}
	return *format
}

// helpOf has --help refuse a command that there is not; helped returns that.
func helpOf(root *cobra.Command) (helped func() error) {
	var refused error
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if refused = arguments.Helped(c); refused == nil {
			help(c, args)
		}
	})
	return func() error { return refused }
}

// mark notes when a command starts: an error before that is one of its line.
func mark(c *cobra.Command, started *bool) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			return run(c, args)
		}
	}
	for _, child := range c.Commands() {
		mark(child, started)
	}
}

// Root returns the tree of commands.
func Root(e *command.Env) *cobra.Command {
	root := &cobra.Command{
		Use: "terrace", Short: "Carry a change from a workload's file through every stage",
		Long: "terrace talks to a Terrace server. On the machine where `terraced up` runs it needs no set-up.\n\n" +
			"The address, the token and the project come from flags, else from TERRACE_ADDRESS,\n" +
			"TERRACE_TOKEN and TERRACE_PROJECT, else from the current context (terrace login),\n" +
			"else from the server on this machine.\n\n" +
			"How a command ends says how it went: see terrace help exit-codes.",
		Example: "  terrace create go-service orders --set costcenter=4711\n" +
			"  terrace deploy orders/score.yaml --stage dev\n  terrace promote orders --to test\n  terrace status orders",
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs, Version: e.Version,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return arguments.Given(c)
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("terrace {{.Version}} (" + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")\n")
	root.SetIn(e.In)
	root.SetOut(e.Out)
	root.SetErr(e.Err)
	flags(root, e)
	for _, group := range groups(e) {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, c := range group.commands {
			c.GroupID = group.id
			root.AddCommand(c)
		}
	}
	root.AddCommand(exit.Topic())
	help(root)
	return root
}

// help has the command of that name refuse what it has no help about.
func help(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	c, _, err := root.Find([]string{"help"})
	if err != nil {
		return // cobra always makes it
	}
	c.Run, c.Args, c.Example = nil, cobra.ArbitraryArgs, "  terrace help run list\n  terrace help exit-codes"
	c.Use = "help [COMMAND]..."
	c.RunE = func(_ *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return arguments.NoHelp(about, rest)
		}
		about.InitDefaultHelpFlag()
		return about.Help()
	}
}

func flags(root *cobra.Command, e *command.Env) {
	f := root.PersistentFlags()
	f.StringVar(&e.Identity.Address, "address", "", "the server, such as http://127.0.0.1:7080")
	f.StringVar(&e.Identity.Token, "token", "", "the token to use; better set TERRACE_TOKEN, others can see a command line")
	f.StringVarP(&e.Identity.Project, "project", "p", "", "the project")
	f.StringVar(&e.Context, "context", "", "the context to use, see terrace context list")
	e.FormatFlag(root)
}

type group struct {
	id, title string
	commands  []*cobra.Command
}

func groups(e *command.Env) []group {
	return []group{
		{"deliver", "Deliver:", []*cobra.Command{
			create.Command(e), deploy.Command(e), deploy.Promote(e), workloads.Status(e), workloads.Outputs(e), deploy.Rollback(e), verify.Command(e), deploy.Destroy(e), pulls.Command(e),
		}},
		{"look", "Look and decide:", []*cobra.Command{
			runs.Command(e), releases.Command(e), states.Command(e), verify.History(e), explain.Command(e), drift.Command(e), policy.Command(e), compliance.Command(e), cost.Command(e), budget.Command(e), events.Command(e), workloads.Command(e), services.Command(e), rollouts.Command(e), backups.Command(e), secrets.Command(e), doctor.Command(e),
		}},
		{"platform", "The platform:", append([]*cobra.Command{
			keys.Command(e), quota.Command(e), usage.Command(e), tenants.Command(e), runners.Command(e),
			stages.Command(e), tags.Command(e), lifetime.Command(e), apis.Command(e), repos.Command(e), sources.Command(e), configs.Command(e), gateway.Command(e), dns.Command(e), domains.Command(e), mesh.Command(e), certificates.Command(e), acme.Command(e), certificates.Authorities(e), topic.Command(e), subscriptions.Command(e), rules.Command(e), landingzone.Command(e), modules.Command(e), definitions.Command(e), azuresim.Command(e), create.GoldenPaths(e), audit.Command(e),
		}, access.Commands(e)...)},
		{"client", "This client:", []*cobra.Command{login.Command(e), login.Logout(e), login.Contexts(e), version.Command(e)}},
	}
}

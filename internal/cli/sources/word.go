package sources

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

func allow(e *command.Env) *cobra.Command {
	var in apiclient.AllowSourceRequest
	c := &cobra.Command{
		Use: "allow NAME", Short: "Let through what one commit removes and the guard has stopped",
		Long:    "terrace source status NAME shows what would go. The word counts for that one commit.",
		Example: "  terrace source allow platform --commit 4f1c2ab90d3e --reason \"the shop moved to another tenant\"",
	}
	c.Flags().StringVar(&in.Commit, "commit", "", "the commit, or its beginning")
	_ = c.MarkFlagRequired("commit") // the flag was made above
	reasoned(c, &in.Reason)
	return named(e, c, func(ctx context.Context, s command.Server, name string) error {
		n, err := s.AllowSource(ctx, name, in)
		return changed(e, n, err, func(n apiclient.Source) string {
			return fmt.Sprintf("what %s removes is allowed: terrace source status %s", short(n.Status.Commit), n.Name)
		})
	})
}

func trust(e *command.Env) *cobra.Command {
	var reason string
	var revoke, build bool
	var limit time.Duration
	c := &cobra.Command{
		Use: "trust NAME", Short: "Let the stages of a source have rights of the daemon, or let Terrace build its folders",
		Long: "Stages can start programs on the daemon's machine to verify, send what is in its files and variables as\n" +
			"tokens, and show paths of it to runs. Whoever may push to the source's branch says what, once it is trusted.\n" +
			"With --build the word is about another thing: Terrace compiles the folders that its workloads have as images,\n" +
			"isolated as a plan is, each for --build-time at most.\n" +
			"With --revoke it is trusted no longer; what there is by then stays until it changes.",
		Example: "  terrace source trust platform --build --reason \"only the platform team merges there\"\n" +
			"  terrace source trust platform --build --build-time 30m --reason \"the compiler needs longer\"\n" +
			"  terrace source trust platform --reason \"only the platform team merges there\"\n  terrace source trust platform --revoke --reason \"it moves\"",
	}
	c.Flags().BoolVar(&build, "build", false, "the word is about building folders, not about stages")
	c.Flags().BoolVar(&revoke, "revoke", false, "trust it no longer")
	command.DurationVar(c.Flags(), &limit, "build-time", 0, "with --build: how long one folder may be built; what the configuration says by default")
	reasoned(c, &reason)
	return named(e, c, func(ctx context.Context, s command.Server, name string) (err error) {
		var n apiclient.Source
		switch {
		case build:
			n, err = s.TrustSourceBuilds(ctx, name, apiclient.TrustSourceBuildsRequest{Trusted: !revoke, BuildTime: command.Length(limit), Reason: reason})
		case limit != 0:
			return exit.Wrong("--build-time is about folders that are built").WithFix("use it with --build")
		default:
			n, err = s.TrustSource(ctx, name, apiclient.TrustSourceRequest{Trusted: !revoke, Reason: reason})
		}
		return changed(e, n, err, func(n apiclient.Source) string { return trusted(n.Name, build, revoke) })
	})
}

func trusted(name string, build, revoke bool) string {
	switch {
	case build && revoke:
		return "folders of " + name + " are built no longer"
	case build:
		return "folders of " + name + " are built from now on"
	case revoke:
		return "stages of " + name + " may have no further rights of the daemon"
	default:
		return "stages of " + name + " may have rights of the daemon from now on"
	}
}

func remove(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "remove NAME", Short: "Forget a source; what it brought about stays",
		Example: "  terrace source remove platform --yes",
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return named(e, c, func(ctx context.Context, s command.Server, name string) error {
		if err := e.Confirm(yes, "Forget the source "+name+"? What it brought about stays, and is changed by hand from then on."); err != nil {
			return err
		}
		if err := s.RemoveSource(ctx, name); err != nil {
			return err
		}
		return e.Print(map[string]any{"source": name, "removed": true}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s is no source any longer\n", name)
		})
	})
}

package gateway

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func history(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var limit int64
	c := g.one(&cobra.Command{
		Use: "history route|policy|product NAME", Short: "List what a route, a policy or a product was, the newest version first",
		Long:    "The last 50 versions of each are kept, also of what was deleted. With -o json each has its spec.",
		Example: "  terrace gateway history route orders --stage dev",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, class, name string) error {
		all, err := s.GatewayHistory(ctx, at, class, name, limit)
		return command.PrintFound(e, all, err, []string{"VERSION", "WHAT", "BY", "COMMIT", "AGE"}, func(v apiclient.GatewayPast) []string {
			what := v.Kind
			if v.Deleted {
				what = "deleted"
			}
			return []string{strconv.FormatInt(v.Number, 10), what, v.Author, v.Commit[:min(len(v.Commit), 12)], output.Age(e.Clock.Now(), v.At)}
		})
	})
	command.Limit(c, &limit)
	return c
}

func rollback(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var version int64
	var p apiclient.RollBackGatewayParams
	c := g.one(&cobra.Command{
		Use: "rollback route|policy|product NAME", Short: "Make a route, a policy or a product what it was in a version",
		Long:    "It becomes a new version. Without --to it is the version before the newest.",
		Example: "  terrace gateway rollback route orders --stage dev\n  terrace gateway rollback policy limits --stage dev --to 3 --dry-run",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, class, name string) error {
		p.Project, p.Stage = at.Project, at.Stage
		change, err := s.RollBackGateway(ctx, class, name, p, version)
		if err != nil {
			return err
		}
		return e.Print(change, func(w io.Writer) { tell(w, p.DryRun, change) })
	})
	command.Number(c, &version, "to", 0, "the version, see terrace gateway history; 0 is the one before the newest", 0, 1<<40)
	changeFlags(c, &p.DryRun, &p.Owned)
	return c
}

func remove(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var yes, dryRun, owned bool
	c := g.one(&cobra.Command{
		Use: "delete route|policy|product NAME", Short: "Delete a route, a policy or a product",
		Long:    "What it was is kept: terrace gateway rollback brings it back. A product that somebody is subscribed to stays.",
		Example: "  terrace gateway delete route orders --stage dev --yes",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, class, name string) error {
		if !dryRun {
			if err := e.Confirm(yes, "Delete the "+class+" "+name+"?"); err != nil {
				return err
			}
		}
		var change apiclient.GatewayChange
		var err error
		switch class {
		case classRoute:
			change, err = s.DeleteGatewayRoute(ctx, name, apiclient.DeleteGatewayRouteParams{Project: at.Project, Stage: at.Stage, DryRun: dryRun, Owned: owned})
		case classProduct:
			change, err = s.DeleteGatewayProduct(ctx, name, apiclient.DeleteGatewayProductParams{Project: at.Project, Stage: at.Stage, DryRun: dryRun})
		default:
			change, err = s.DeleteGatewayPolicy(ctx, name, apiclient.DeleteGatewayPolicyParams{Project: at.Project, Stage: at.Stage, DryRun: dryRun, Owned: owned})
		}
		if err != nil {
			return err
		}
		return e.Print(change, func(w io.Writer) { tell(w, dryRun, change) })
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	changeFlags(c, &dryRun, &owned)
	return c
}

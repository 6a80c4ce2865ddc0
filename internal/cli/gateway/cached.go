package gateway

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func cached(e *command.Env) *cobra.Command {
	return command.Group("cache", "What the gateway has stored of services' answers", cacheStats(e), cachePurge(e))
}

func cacheStats(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.ofStage(&cobra.Command{
		Use: "stats", Short: "Show what is stored of each route's answers, and what it was good for", Args: cobra.NoArgs,
		Long: "They are the figures of the process that answers, since it started. Those of all replicas together are in the metric\n" +
			"terrace_gateway_cache_requests_total. STALE are requests that were answered with an old answer; POST and the like pass by.",
		Example: "  terrace gateway cache stats --stage prod",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, _ []string) error {
		all, err := s.GatewayCache(ctx, at)
		return command.PrintFound(e, all, err, []string{"ROUTE", "POLICY", "ENTRIES", "SIZE", "HITS", "STALE", "MISSES", "PAST IT", "HIT RATIO"}, func(u apiclient.GatewayCacheUse) []string {
			count := func(n int64) string { return strconv.FormatInt(n, 10) }
			return []string{u.Route, u.Policy, count(u.Entries), output.Size(u.Bytes), count(u.Hits), count(u.Stale), count(u.Misses), count(u.Bypassed), hits(u)}
		})
	})
}

func hits(u apiclient.GatewayCacheUse) string {
	if u.Hits+u.Stale+u.Misses == 0 {
		return "-"
	}
	return strconv.FormatFloat(u.HitRatio*100, 'f', 1, 64) + " %"
}

func cachePurge(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var in apiclient.GatewayCachePurge
	c := g.ofStage(&cobra.Command{
		Use: "purge", Short: "Drop what is stored of answers, or make it stale, on every replica", Args: cobra.NoArgs,
		Long: "What is dropped has all that the flags name. Tags are those of an answer's Cache-Tag or Surrogate-Key. Of a URL the\n" +
			"scheme and the port do not count; with a * at its end it is all that begin so.",
		Example: "  terrace gateway cache purge --stage prod --tag product-7\n" +
			"  terrace gateway cache purge --stage prod --url 'https://shop.prod.demo.localhost/products/*' --soft\n" +
			"  terrace gateway cache purge --stage dev --route shop",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, _ []string) error {
		done, err := s.PurgeGatewayCache(ctx, at, in)
		if err != nil {
			return err
		}
		return e.Print(done, func(w io.Writer) {
			did := "dropped"
			if in.Soft {
				did = "made stale"
			}
			_, _ = fmt.Fprintf(w, "%s: %s here, and on the other replicas what they have of it\n", did, output.Count(int(done.Dropped), "stored answer"))
		})
	})
	f := c.Flags()
	f.StringVar(&in.Tag, "tag", "", "those with this tag")
	f.StringVar(&in.URL, "url", "", "those of this URL; with a * at its end all that begin so")
	f.StringVar(&in.Host, "host", "", "those of this host")
	g.routeFlag(c, &in.Route, "those of this route")
	f.BoolVar(&in.All, "all", false, "everything of the stage")
	f.BoolVar(&in.Soft, "soft", false, "make them stale instead: they may be used while a newer one is fetched, or where the service fails")
	c.MarkFlagsOneRequired("tag", "url", "host", "route", "all")
	return c
}

package gateway

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func traffic(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var p apiclient.GetGatewayTrafficParams
	var since time.Duration
	c := &cobra.Command{
		Use: "traffic", Short: "Show the rate, the errors and the durations of routes, and of who calls them", Args: cobra.NoArgs,
		Long: "Each route is a line; with --consumers, --consumer or --route each consumer of it is one, too. ERRORS is the share of answers with 5xx.\n" +
			"All replicas of the gateway are counted. Consumers beyond those that are counted apart are (others).",
		Example: "  terrace gateway traffic --stage prod\n  terrace gateway traffic --route orders --since 15m\n  terrace gateway traffic --tenant --consumer ci --since 7d",
	}
	c.RunE = g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
		p.Project, p.Stage, p.Since = project, g.stage, since.String()
		p.Consumers = p.Consumers || p.Route != "" && p.Consumer == ""
		r, err := s.GatewayTraffic(ctx, p)
		if err != nil {
			return err
		}
		if r.More {
			e.Say("there are more than these %d: narrow them with --stage, --route or --consumer", len(r.Items))
		}
		return e.Print(r, func(w io.Writer) { showTraffic(w, r.Items) })
	})
	f := c.Flags()
	f.BoolVar(&g.tenant, "tenant", false, "the routes of every project that you may see")
	g.StageFlag(c, &g.stage, "stage", "only routes of this stage", false)
	g.routeFlag(c, &p.Route, "only this route, with its consumers")
	f.StringVar(&p.Consumer, "consumer", "", "only what this consumer calls")
	f.BoolVar(&p.Consumers, "consumers", false, "the consumers of each route, too")
	command.DurationVar(f, &since, "since", time.Hour, "how far back, at most 31d")
	return c
}

func showTraffic(w io.Writer, all []apiclient.Traffic) {
	slices.SortStableFunc(all, func(a, b apiclient.Traffic) int {
		return cmp.Or(cmp.Compare(a.Project+"/"+a.Stage, b.Project+"/"+b.Stage), cmp.Compare(a.Route, b.Route), cmp.Compare(b.Requests, a.Requests))
	})
	output.List(w, all, []string{"ROUTE", "OF", "CONSUMER", "REQUESTS", "RATE", "ERRORS", "P50", "P95", "P99", "BYTES"}, func(t apiclient.Traffic) []string {
		return []string{
			t.Route, t.Project + "/" + t.Stage, cmp.Or(t.Consumer, "-"), strconv.FormatInt(t.Requests, 10), fmt.Sprintf("%.2f/s", t.PerSecond),
			fmt.Sprintf("%.2f%%", 100*t.ErrorShare), seconds(t.P50), seconds(t.P95), seconds(t.P99), strconv.FormatInt(t.Bytes, 10),
		}
	})
}

// seconds writes a duration as people read it.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Microsecond).String()
}

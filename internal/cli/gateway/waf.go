package gateway

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// maxDays is how long the server keeps what the firewall found.
const maxDays = 30

func firewall(e *command.Env) *cobra.Command {
	return command.Group("waf", "What the web application firewall found, and how to tune it", tuning(e), whatIf(e), exclude(e))
}

// routeFlag adds the flag of a route, which completion offers where the stage is known.
func (g *group) routeFlag(c *cobra.Command, route *string, usage string) {
	c.Flags().StringVar(route, "route", "", usage)
	_ = c.RegisterFlagCompletionFunc("route", command.ForFlag(g.routes())) // the flag was made above
}

// routes offers the routes of the stage.
func (g *group) routes() command.Completion {
	return g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
		if g.stage == "" {
			return nil, nil
		}
		all, err := s.GatewayRoutes(ctx, apiclient.GatewayScope{Project: project, Stage: g.stage}, "")
		return named(all, func(r apiclient.GatewayRoute) string { return r.Name }), err
	})
}

func tuning(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var p apiclient.ListWafFindingsParams
	c := &cobra.Command{
		Use: "tuning", Short: "Show what would be refused by what: rules, what they matched, and how often", Args: cobra.NoArgs,
		Long: "Rules that refused requests come first. A sample has the shape of a text and none of its letters and digits;\n" +
			"with -o json each finding has ids of requests, and the exclusion that stops it.",
		Example: "  terrace gateway waf tuning --stage prod\n  terrace gateway waf tuning --stage prod --route orders --days 1 -o json",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			p.Project, p.Stage = project, g.stage
			all, err := s.WafFindings(ctx, p)
			slices.SortStableFunc(all, func(a, b apiclient.TuningFinding) int {
				return cmp.Or(cmp.Compare(b.Refused, a.Refused), cmp.Compare(b.Requests, a.Requests))
			})
			header := []string{"STAGE", "ROUTE", "RULE", "TARGET", "REQUESTS", "REFUSED", "POINTS", "SCORES", "SAMPLE", "MESSAGE"}
			return command.PrintFound(e, all, err, header, func(f apiclient.TuningFinding) []string {
				return []string{
					f.Stage, f.Route, whole(f.Rule), f.Target, whole(f.Requests), whole(f.Refused), whole(f.Points),
					scores(f.LowestScore, f.HighestScore), f.Sample, f.Message,
				}
			})
		}),
	}
	e.StageFlag(c, &g.stage, "stage", "on this stage alone", false)
	g.routeFlag(c, &p.Route, "only this route")
	command.Number(c, &p.Rule, "rule", 0, "only what the rule of this `id` found; all by default", 0, 0)
	command.Number(c, &p.Days, "days", 7, "of how many days", 1, maxDays)
	return c
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func scores(low, high int64) string {
	if low == high {
		return whole(low)
	}
	return whole(low) + "–" + whole(high)
}

func whatIf(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var p apiclient.EstimateWafRefusalsParams
	c := &cobra.Command{
		Use: "what-if", Short: "Say how many of the requests that were seen other settings would have refused", Args: cobra.NoArgs,
		Long: "Levels above a policy's paranoiaLevel are told of where its detectionParanoiaLevel has their rules asked.\n" +
			"A request that a rule refuses by itself counts for every threshold.",
		Example: "  terrace gateway waf what-if --stage prod --route orders\n  terrace gateway waf what-if --level 2 --threshold 7",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			p.Project, p.Stage = project, g.stage
			all, err := s.WafEstimates(ctx, p)
			if err != nil {
				return err
			}
			return e.Print(all, func(w io.Writer) { estimates(w, all) })
		}),
	}
	e.StageFlag(c, &g.stage, "stage", "on this stage alone", false)
	g.routeFlag(c, &p.Route, "only this route")
	command.Number(c, &p.ParanoiaLevel, "level", 0, "the paranoia `level`; all whose rules were asked by default", 0, 4)
	command.Number(c, &p.InboundThreshold, "threshold", 0, "the `score` that refuses; usual ones by default", 0, 100)
	command.Number(c, &p.Days, "days", 7, "of how many days", 1, maxDays)
	return c
}

func estimates(w io.Writer, all []apiclient.TuningEstimate) {
	if len(all) == 0 {
		_, _ = fmt.Fprintln(w, "No requests were judged.")
	}
	for i, r := range all {
		if i > 0 {
			_, _ = fmt.Fprintln(w)
		}
		_, _ = fmt.Fprintf(w, "%s of %s: %d requests, %d refused or to be refused as it was set", r.Route, r.Stage, r.Requests, r.Refused)
		if r.Denied > 0 {
			_, _ = fmt.Fprintf(w, ", %d of them by a rule whatever the score", r.Denied)
		}
		_, _ = fmt.Fprintln(w)
		output.List(w, r.WhatIf, []string{"LEVEL", "THRESHOLD", "REQUESTS", "REFUSED"}, func(x apiclient.TuningWhat) []string {
			return []string{whole(x.ParanoiaLevel), whole(x.InboundThreshold), whole(x.Requests), whole(x.Refused)}
		})
	}
}

func exclude(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var p apiclient.ProposeWafExclusionParams
	var rules []string
	c := g.ofStage(&cobra.Command{
		Use: "exclude", Short: "Write the policy that keeps rules from looking at something", Args: cobra.NoArgs,
		Long: "The policy that holds for the route is written with one exclusion more; nothing is changed until it is applied.\n" +
			"Without --rule it is the rules that refused requests because of the target.",
		Example: "  terrace gateway waf exclude --route orders --stage prod --target ARGS:note > guard.yaml\n" +
			"  terrace gateway waf exclude --route orders --stage prod --rule 942100 --target ARGS:q --path /search --own > guard.yaml\n" +
			"  terrace gateway apply -f guard.yaml",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, _ []string) error {
		p.Project, p.Stage = at.Project, at.Stage
		for _, word := range rules {
			id, err := strconv.ParseInt(word, 10, 32)
			if err != nil || id < 1 {
				return exit.Wrong("--rule has %q, which is not the id of a rule", word).WithFix("write ids with commas between, such as 942100,942190")
			}
			p.Rule = append(p.Rule, id)
		}
		r, err := s.WafExclusion(ctx, p)
		if err != nil {
			return err
		}
		if e.Format == output.Table {
			_, _ = fmt.Fprintf(e.Out, "# It holds for %s.\n", r.Holds)
			return output.Write(e.Out, output.YAML, r.Document, nil)
		}
		return e.Print(r.Document, nil)
	})
	g.routeFlag(c, &p.Route, "the route whose policy is meant")
	_ = c.MarkFlagRequired("route") // the flag is there
	c.Flags().StringSliceVar(&rules, "rule", nil, "the rules by their ids, with commas between; those that refused requests by default")
	c.Flags().StringVar(&p.Target, "target", "", "where they are not to look, such as ARGS:note; nowhere by default")
	c.Flags().StringVar(&p.PathPrefix, "path", "", "the path under which that holds; everywhere by default")
	c.Flags().BoolVar(&p.Own, "own", false, "write a policy for this route alone, and leave the one that holds now as it is")
	command.Number(c, &p.Days, "days", maxDays, "of how many days findings count", 1, maxDays)
	return c
}

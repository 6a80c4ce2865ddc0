package tags

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func show(g *group) *cobra.Command {
	var p apiclient.GetGivenTagsParams
	c := &cobra.Command{
		Use: "show [WORKLOAD]", Short: "Show which tags resources have, where each comes from, and which are missing", Args: cobra.MaximumNArgs(1), ValidArgsFunction: g.Workloads(),
		Long: "A resource has the tenant's tags, over them the project's, over them those of the workload (the annotations\n" +
			"tags.terrace.dev/KEY in its metadata), and over all env, project and workload, which the platform sets.\n" +
			"With a WORKLOAD its own are among them, as its newest run has them; with --stage what that demands. With\n" +
			"--tenant only what the tenant gives and demands is shown.",
		Example: "  terrace tag show\n  terrace tag show orders --stage prod\n  terrace tag show --tenant -o json",
		RunE: g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			p.Workload = command.First(args)
			t, err := g.given(ctx, s, project, p)
			if err != nil {
				return err
			}
			return g.Print(t, func(w io.Writer) { write(w, t) })
		}),
	}
	g.StageFlag(c, &p.Stage, "stage", "with what this stage demands", false)
	return c
}

// given are the tags of the project, or those of the tenant alone.
func (g *group) given(ctx context.Context, s command.Server, project string, p apiclient.GetGivenTagsParams) (apiclient.RunGivenTags, error) {
	if !g.tenant {
		return s.GivenTags(ctx, project, p)
	}
	if p.Workload != "" || p.Stage != "" {
		return apiclient.RunGivenTags{}, exit.Wrong("--tenant is about no workload and no stage").WithFix("leave --tenant out: the tenant's tags are among those of the workload")
	}
	t, err := s.Tags(ctx, "")
	return ofTenant(t), err
}

func ofTenant(t apiclient.TenantTagSettings) apiclient.RunGivenTags {
	given := apiclient.RunGivenTags{Tags: []apiclient.RunGivenTag{}}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		given.Tags = append(given.Tags, apiclient.RunGivenTag{Key: key, Value: t.Tags[key], From: "tenant", Over: []apiclient.RunTagLayer{}, RequiredBy: []apiclient.RunTagDemand{}})
	}
	for _, r := range t.Required {
		i := slices.IndexFunc(given.Tags, func(t apiclient.RunGivenTag) bool { return strings.EqualFold(t.Key, r.Key) })
		if i < 0 {
			i = len(given.Tags)
			given.Tags = append(given.Tags, apiclient.RunGivenTag{Key: r.Key, Over: []apiclient.RunTagLayer{}})
		}
		given.Tags[i].RequiredBy = append(given.Tags[i].RequiredBy, apiclient.RunTagDemand{By: "tenant", Values: r.Values, Pattern: r.Pattern})
	}
	return given
}

func write(w io.Writer, t apiclient.RunGivenTags) {
	missing := 0
	output.List(w, t.Tags, []string{"TAG", "VALUE", "FROM", "OVER", "REQUIRED BY", "PROBLEM"}, func(one apiclient.RunGivenTag) []string {
		if one.Problem != "" {
			missing++
		}
		var over []string
		for _, l := range one.Over {
			over = append(over, l.Value+" of the "+l.From)
		}
		return []string{one.Key, one.Value, one.From, strings.Join(over, ", "), strings.Join(demands(one.RequiredBy), "; "), one.Problem}
	})
	switch {
	case t.Release != nil:
		_, _ = fmt.Fprintf(w, "\n%s gives its own as in release #%d\n", t.Workload, t.Release.Number)
	case t.Workload == "" && missing > 0:
		_, _ = fmt.Fprintln(w, "\nwhat nobody gives here a workload may give itself: terrace tag show WORKLOAD --stage STAGE")
	}
	if t.Workload != "" && missing > 0 {
		_, _ = fmt.Fprintln(w, "a run ends at the gate tags for what has a problem")
	}
}

// demands tells by whom a tag is required, and with which values.
func demands(all []apiclient.RunTagDemand) []string {
	var words []string
	for _, d := range all {
		switch {
		case len(d.Values) > 0:
			words = append(words, d.By+": one of "+strings.Join(d.Values, ", "))
		case d.Pattern != "":
			words = append(words, d.By+": like "+d.Pattern)
		default:
			words = append(words, d.By)
		}
	}
	return words
}

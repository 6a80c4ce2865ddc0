package stages

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show STAGE", Short: "Show what a stage demands, and whether it may be changed now",
		Example: "  terrace stage show prod\n  terrace stage show prod -o json",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Stages(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			all, err := s.Stages(ctx)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(st apiclient.Stage) bool { return st.Name == args[0] })
			if i < 0 {
				return kernel.Errorf(kernel.NotFound, "there is no stage %q", args[0]).WithFix("see `terrace stage list`")
			}
			return e.Print(all[i], func(w io.Writer) { writeStage(w, all[i], e.Clock.Now()) })
		}),
	}
}

func writeStage(w io.Writer, st apiclient.Stage, now time.Time) {
	auto := ""
	if st.AutoPromote {
		auto = "takes what becomes available by itself"
	}
	every := ""
	if st.VerifyEvery != "" {
		every = "every " + output.Span(st.VerifyEvery)
	}
	output.Pairs(w, "stage", st.Name, "target", st.Target, "runtime", st.Runtime, "approvals", approvals(st.Approvals),
		"approvals expire", expiry(st.Approvals), "soak", output.Span(st.Soak), "promotion", auto,
		"required tags", strings.Join(st.RequiredTags, ", "), "verified again", every, "rollback", string(st.Rollback), "now", Opening(now, st.Opening))
	for _, c := range st.Verify {
		_, _ = fmt.Fprintf(w, "check %s: %s\n", c.Name, check(c))
	}
	for _, win := range st.Windows {
		_, _ = fmt.Fprintf(w, "window %s: %s for %s from %s (%s)\n", win.Name, win.Kind, output.Span(win.Duration), win.Rrule, win.Timezone)
	}
}

// check says what a verification asks.
func check(c apiclient.StageCheck) string {
	switch {
	case c.HTTP != nil:
		return "GET " + cmp.Or(c.HTTP.Path, "the path of the readiness probe, else /")
	case c.Command != nil:
		return strings.Join(c.Command.Argv, " ")
	case c.Prometheus != nil:
		text := strings.TrimSpace(c.Prometheus.Query + " " + c.Prometheus.Condition)
		if c.Prometheus.For != "" {
			text += fmt.Sprintf(" for %s, every %s", output.Span(c.Prometheus.For), output.Span(c.Prometheus.Every))
		}
		return text
	default:
		return ""
	}
}

func expiry(a apiclient.StageApprovals) string {
	if a.ExpireAfter == "" {
		return ""
	}
	return "after " + output.Span(a.ExpireAfter)
}

// Opening says whether a stage may be changed now, and when that ends.
func Opening(now time.Time, o apiclient.Opening) string {
	text := "open"
	if !o.Open {
		text = "closed"
	}
	if o.Window != "" {
		text += " by " + o.Window
	}
	switch {
	case o.Next != nil && o.Open:
		text += " until " + output.Moment(now, *o.Next)
	case o.Next != nil:
		text += ", opens " + output.Moment(now, *o.Next)
	case !o.Open:
		text += ", and does not open within a year"
	}
	return text
}

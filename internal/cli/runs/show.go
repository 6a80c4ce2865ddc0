package runs

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/verify"
	"github.com/terrace-idp/terrace/internal/cli/watch"
)

// shownRun is a run with what is known of its dossier.
type shownRun struct {
	apiclient.Run

	// Content is the dossier; with all its changes where they were asked for.
	Content *apiclient.GetDossierResponse `json:"content,omitempty"`
}

func show(e *command.Env) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "show RUN", Short: "Show one run with its dossier, phases, gates and approvals",
		Long: "Shows a run, and what of the workload, of its resources and of their modules it changes: the\n" +
			"plan with what destroys first. Of a large plan the first changes are shown, with --all every one.",
		Example: "  terrace run show RUN\n  terrace run show RUN --all\n  terrace run show RUN -o json",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Runs(""),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.Run(ctx, project, args[0])
			if err != nil {
				return err
			}
			found, err := contentOf(ctx, s, project, r, all)
			if err != nil {
				return err
			}
			detail := Short()
			if all {
				detail = Detail{}
			}
			return e.Print(shownRun{r, found}, func(w io.Writer) {
				writeRun(w, r, detail, e.Clock.Now())
				if found != nil {
					found.Dossier.Gates = nil // what they say now is told above
					_, _ = fmt.Fprintln(w)
					WriteDossier(w, *found, detail, e.Clock.Now())
				}
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "show every change and value of the plan")
	return c
}

// contentOf returns the dossier of a run, nil where it has none.
func contentOf(ctx context.Context, s command.Server, project string, r apiclient.Run, all bool) (*apiclient.GetDossierResponse, error) {
	if r.Dossier == "" {
		return nil, nil //nolint:nilnil // it was not planned yet
	}
	read := s.Dossier
	if all {
		read = func(ctx context.Context, project, id string) (apiclient.GetDossierResponse, error) {
			return allOf(ctx, s, project, id)
		}
	}
	found, err := read(ctx, project, r.ID)
	return &found, err
}

func writeRun(w io.Writer, r apiclient.Run, detail Detail, now time.Time) {
	plan, waits := "", ""
	if r.Waits != nil {
		waits = fmt.Sprintf("%s; %d ahead", output.Told(now, r.Waits.Message), r.Waits.Ahead)
	}
	if r.Plan != nil {
		plan = watch.PlanLine(*r.Plan)
	}
	output.Pairs(w, "run", r.ID, "operation", operation(r), "workload", r.Workload, "stage", r.Scope.Stage,
		"release", releaseName(r.Release), "status", string(r.Status), "because", output.Told(now, r.StatusReason), "waits", waits, "retry of", r.RetryOf, "requested by", requestedBy(r),
		"reason", output.Told(now, r.Reason), "created", output.Moment(now, r.CreatedAt), "plan", plan, "dossier", string(r.Dossier))
	for _, p := range r.Phases {
		d := "goes on"
		if p.Ended != nil {
			d = output.Duration(p.Ended.Sub(p.Started))
		}
		_, _ = fmt.Fprintf(w, "phase %-9s %s\n", p.Name, d)
	}
	for _, i := range r.Interruptions {
		_, _ = fmt.Fprintf(w, "interrupted %s: %s\n", output.Moment(now, i.At), i.Message)
	}
	writeGates(w, r, detail, now)
	writeApprovals(w, r, now)
	writeOverrides(w, r, now)
	for _, v := range r.Verification {
		verify.WriteCheck(w, v)
	}
	if r.Force && len(r.Users) > 0 {
		_, _ = fmt.Fprintf(w, "forced: %s takes from it\n", strings.Join(r.Users, ", "))
	}
	if r.Cause != nil {
		_, _ = fmt.Fprintf(w, "Terrace asked for it by itself, after %s: %s\n", r.Cause.Run, output.Told(now, r.Cause.Message))
	}
	if r.Rollback != nil {
		_, _ = fmt.Fprintf(w, "rollback: %s\n", output.Told(now, r.Rollback.Message))
	}
	if r.LogRemovedAt != nil {
		_, _ = fmt.Fprintf(w, "its log was removed: %s\n", output.Moment(now, *r.LogRemovedAt))
	}
	if f := r.Failure; f != nil {
		_, _ = fmt.Fprintf(w, "failed in %s: %s\n", f.Phase, output.Told(now, f.Message))
		for _, p := range f.Problems {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
		if f.Fix != "" {
			_, _ = fmt.Fprintf(w, "fix: %s\n", f.Fix)
		}
	}
}

func requestedBy(r apiclient.Run) string {
	if r.Initiator == nil {
		return r.RequestedBy.Name
	}
	return r.RequestedBy.Name + ", for " + r.Initiator.Name
}

func writeApprovals(w io.Writer, r apiclient.Run, now time.Time) {
	if r.RequiredApprovals.Count > 0 && !r.Ended() {
		_, _ = fmt.Fprintf(w, "needs %s\n", need(r, now))
	}
	for _, a := range r.Approvals {
		state := "approved by " + a.By.Name
		switch {
		case a.Digest != r.Dossier:
			state += " for an earlier plan, which counts no longer"
		case r.Ended():
			state += " at " + output.Moment(now, a.At)
		case a.ExpiresAt != nil && !now.Before(*a.ExpiresAt):
			state += ", which expired at " + output.Moment(now, *a.ExpiresAt)
		case a.ExpiresAt != nil:
			state += ", which counts until " + output.Moment(now, *a.ExpiresAt)
		}
		if a.Reason != "" {
			state += ": " + a.Reason
		}
		_, _ = fmt.Fprintln(w, state)
	}
}

// writeOverrides writes who let the run pass a gate, and why.
func writeOverrides(w io.Writer, r apiclient.Run, now time.Time) {
	for _, o := range r.Overrides {
		state := "gate " + o.Gate + " overridden by " + o.By.Name + ", " + output.Moment(now, o.At)
		switch {
		case o.Digest != r.Dossier:
			state += ", for an earlier plan, which counts no longer"
		case o.Disowned:
			state += ", who may not override any more, so it counts no longer"
		}
		_, _ = fmt.Fprintf(w, "%s: %s\n", state, o.Reason)
	}
}

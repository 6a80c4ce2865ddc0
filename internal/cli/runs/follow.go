package runs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/watch"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Waiting are the flags of commands that start a run.
type Waiting struct {
	NoWait       bool
	WaitApproval bool
	Quiet        bool
}

// Flags adds the flags to a command.
func (f *Waiting) Flags(c *cobra.Command) {
	c.Flags().BoolVar(&f.NoWait, "no-wait", false, "start the run and leave")
	c.Flags().BoolVar(&f.WaitApproval, "wait-approval", false, "go on waiting while the run waits for an approval")
	c.Flags().BoolVarP(&f.Quiet, "quiet", "q", false, "show phases, but not terraform's events")
	c.MarkFlagsMutuallyExclusive("no-wait", "wait-approval")
}

// Finish follows a run that was just started, as the flags say, and reports its end.
func (f *Waiting) Finish(ctx context.Context, e *command.Env, s command.Server, project string, r apiclient.Run) error {
	e.Say("run %s: %s of %s to %s, release %s", r.ID, r.Operation, r.Workload, r.Scope.Stage, releaseName(r.Release))
	if f.NoWait {
		return e.Print(r, func(w io.Writer) { _, _ = fmt.Fprintln(w, r.ID) })
	}
	return f.Follow(ctx, e, s, project, r.ID)
}

// Follow follows a run to its end, or until it waits for a person.
func (f *Waiting) Follow(ctx context.Context, e *command.Env, s command.Server, project, id string) error {
	r, err := f.Watch(ctx, e, s, project, id)
	if err != nil {
		return err
	}
	return Report(ctx, e, s, project, r)
}

// Watch follows a run as Follow does, and leaves the report to the caller.
func (f *Waiting) Watch(ctx context.Context, e *command.Env, s command.Server, project, id string) (apiclient.Run, error) {
	w := watch.Watch{Server: s.Client, Project: project, Past: f.WaitApproval, Teller: f.teller(e)}
	r, err := w.Run(ctx, id)
	if errors.Is(err, context.Canceled) {
		e.Say("the run goes on without you: terrace run logs -f %s", id)
	}
	return r, err
}

func (f *Waiting) teller(e *command.Env) watch.Teller {
	if e.Terminal && !f.Quiet {
		return &watch.Screen{W: e.Err}
	}
	return &watch.Lines{W: e.Err, Quiet: f.Quiet}
}

// Report writes how a run ended: addresses of a success, the reason of a
// failure, or what a person must do next.
func Report(ctx context.Context, e *command.Env, s command.Server, project string, r apiclient.Run) error {
	addresses := map[string]string{}
	if r.Status == apiclient.RunStatusSucceeded && r.Operation != apiclient.RunOperationDestroy {
		addresses = stageURLs(ctx, s, project, r)
	}
	err := e.Print(r, func(w io.Writer) {
		if r.Status == apiclient.RunStatusSucceeded {
			_, _ = fmt.Fprintf(w, "%s of %s to %s succeeded in %s\n", r.Operation, r.Workload, r.Scope.Stage, took(r))
		}
		for _, name := range slices.Sorted(maps.Keys(addresses)) {
			_, _ = fmt.Fprintln(w, addresses[name])
		}
	})
	if err != nil {
		return err
	}
	warn(e, project, r)
	return outcome(e, project, r)
}

// mostWarnings is how many findings of a gate that stops nothing are told at once.
const mostWarnings = 3

// warn tells what gates have to say of a run that they do not stop.
func warn(e *command.Env, project string, r apiclient.Run) {
	warned := false
	for _, g := range r.Gates {
		if g.Level != apiclient.RunLevelAdvisory || g.Outcome != apiclient.RunOutcomeFailed {
			continue
		}
		e.Say("warning: gate %s: %s", g.Gate, g.Message)
		for _, p := range g.Problems {
			e.Say("  %s", p)
		}
		for _, f := range g.Findings[:min(len(g.Findings), mostWarnings)] {
			e.Say("  %s", strings.TrimSpace(f.Address+" "+f.Message))
		}
		if more := len(g.Findings) - mostWarnings; more > 0 {
			e.Say("  and %d more", more)
		}
		warned = true
	}
	if warned {
		e.Say("  terrace explain %s --project %s tells all of it, and what to do", r.ID, project)
	}
}

func stageURLs(ctx context.Context, s command.Server, project string, r apiclient.Run) map[string]string {
	w, err := s.Workload(ctx, project, r.Workload)
	if err != nil {
		return nil // the run succeeded; its addresses can be asked for later
	}
	for _, st := range w.Stages {
		if st.Stage == r.Scope.Stage {
			return st.URLs
		}
	}
	return nil
}

func outcome(e *command.Env, project string, r apiclient.Run) error {
	switch {
	case r.Status == apiclient.RunStatusSucceeded:
		return nil
	case r.Status == apiclient.RunStatusAwaitingApproval && len(Held(r)) > 0:
		sayHeld(e, project, r)
		return &exit.WaitingError{Run: r.ID}
	case r.Status == apiclient.RunStatusAwaitingApproval:
		e.Say("run %s waits for %s\n  terrace run approve %s --project %s", r.ID, need(r, e.Clock.Now()), r.ID, project)
		return &exit.WaitingError{Run: r.ID}
	case r.Hold != nil && !r.Ended():
		e.Say("run %s is planned and waits for its stage: %s\n  it goes on by itself; terrace explain %s", r.ID, output.Told(e.Clock.Now(), r.StatusReason), r.ID)
		return &exit.WaitingError{Run: r.ID}
	case r.Failure != nil:
		return kernel.Errorf(kernel.Refused, "%s of %s to %s %s in phase %s: %s", r.Operation, r.Workload, r.Scope.Stage, r.Status, r.Failure.Phase, r.Failure.Message).
			WithFix("%s", fixOf(r)).WithProblems(r.Failure.Problems...)
	case r.Ended():
		return kernel.Errorf(kernel.Refused, "the run %s was %s: %s", r.ID, r.Status, reasonOf(r))
	}
	return nil
}

// sayHeld names every gate that holds the run, and what overrides each: who hears of
// one alone overrides that, and is held once more.
func sayHeld(e *command.Env, project string, r apiclient.Run) {
	gates := Held(r)
	said := "run %s is held by the gate %s: mend what it says, or override it"
	if len(gates) > 1 {
		said = "run %s is held by the gates %s: mend what they say, or override each"
	}
	e.Say(said, r.ID, strings.Join(gates, " and "))
	e.Say("  terrace explain %s --project %s", r.ID, project)
	for _, gate := range gates {
		e.Say("  terrace policy override %s --gate %s --project %s --reason …", r.ID, gate, project)
	}
}

// Held are the gates that hold the run until somebody overrides them.
func Held(r apiclient.Run) []string {
	var gates []string
	for _, g := range r.Gates {
		overridden := slices.ContainsFunc(r.Overrides, func(o apiclient.RunOverride) bool { return o.Gate == g.Gate && o.Digest == r.Dossier && !o.Disowned })
		if g.Level == apiclient.RunLevelSoftMandatory && g.Outcome == apiclient.RunOutcomeFailed && !overridden {
			gates = append(gates, g.Gate)
		}
	}
	return gates
}

// wanted says for which words of people a run waits.
func wanted(r apiclient.Run, now time.Time) string {
	var words []string
	if gates := Held(r); len(gates) > 0 {
		words = append(words, "an override of "+strings.Join(gates, " and "))
	}
	if missing(r, now) > 0 || len(words) == 0 {
		words = append(words, need(r, now))
	}
	return strings.Join(words, ", and ")
}

// missing is how many approvals a run lacks.
func missing(r apiclient.Run, now time.Time) int {
	missing := int(r.RequiredApprovals.Count)
	for _, a := range r.Approvals {
		if a.Digest == r.Dossier && (a.ExpiresAt == nil || now.Before(*a.ExpiresAt)) {
			missing--
		}
	}
	return missing
}

// need says how many approvals a run waits for, and by whom.
func need(r apiclient.Run, now time.Time) string {
	missing := missing(r, now)
	if missing <= 0 {
		return "no more approvals"
	}
	text := fmt.Sprintf("%d approval by an %s", missing, r.RequiredApprovals.Role)
	if missing > 1 {
		text = fmt.Sprintf("%d approvals by %ss", missing, r.RequiredApprovals.Role)
	}
	if r.RequiredApprovals.Role == "" {
		text = fmt.Sprintf("%d approvals", missing)
	}
	if r.RequiredApprovals.OtherThanRequester {
		text += " other than " + r.RequestedBy.Name
		if r.Initiator != nil {
			text += " and " + r.Initiator.Name
		}
	}
	return text
}

func fixOf(r apiclient.Run) string {
	more := "see `terrace explain " + r.ID + "` and `terrace run logs " + r.ID + "`"
	switch {
	case r.Failure.Fix == "":
		return more
	case strings.Contains(r.Failure.Fix, r.ID): // the server names what to look at
		return r.Failure.Fix
	}
	return r.Failure.Fix + "; " + more
}

func reasonOf(r apiclient.Run) string {
	if r.StatusReason != "" {
		return r.StatusReason
	}
	return "no reason was given"
}

func took(r apiclient.Run) string {
	if r.EndedAt == nil {
		return "no time"
	}
	return output.Duration(r.EndedAt.Sub(r.CreatedAt))
}

func releaseName(r apiclient.RunReleaseRef) string {
	if r.ID == "" {
		return "none"
	}
	name := fmt.Sprintf("#%d %s", r.Number, r.ID)
	if r.Version != "" {
		name += " (" + r.Version + ")"
	}
	return name
}

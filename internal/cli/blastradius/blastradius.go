// Package blastradius shows what publishing a module or definitions would touch,
// before it is done.
//
// It owns the flags, the table and the question. What is touched is the server's
// to say, and the publication is the caller's.
package blastradius

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/runs"
	"github.com/terrace-idp/terrace/internal/cli/watch"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Help is what a command says of its flags.
const Help = "Before, it shows every workload and stage that would be touched: those whose next release would\n" +
	"be made of something else. Where there are any it asks; --yes goes on. With --dry-run nothing is\n" +
	"published, and with --plan, which changes nothing either, terraform plans each of them."

// Flags are those of a command that publishes.
type Flags struct {
	DryRun, Plan, Yes bool
	// Narrow is what a dry run is limited to.
	Narrow apiclient.ModuleBlastRadiusParams
}

// Add adds the flags to a command.
func (f *Flags) Add(c *cobra.Command) {
	c.Flags().BoolVar(&f.DryRun, "dry-run", false, "show what would be touched, and publish nothing")
	c.Flags().BoolVar(&f.Plan, "plan", false, "plan all that would be touched, at most 50, and publish nothing")
	c.Flags().BoolVarP(&f.Yes, "yes", "y", false, "publish without asking")
	c.Flags().StringVar(&f.Narrow.Stage, "stage", "", "with --dry-run or --plan: only this stage")
	c.Flags().StringVar(&f.Narrow.Workload, "workload", "", "with --dry-run or --plan: only this workload")
	c.MarkFlagsMutuallyExclusive("dry-run", "yes")
	c.MarkFlagsMutuallyExclusive("plan", "yes")
}

// Ask is how the server is asked for the radius.
type Ask func(ctx context.Context, p apiclient.ModuleBlastRadiusParams) (apiclient.ImpactRadius, error)

// Allows shows what would be touched, and reports whether to publish.
func (f *Flags) Allows(ctx context.Context, e *command.Env, s command.Server, ask Ask) (bool, error) {
	look := f.DryRun || f.Plan
	if !look && (f.Narrow.Stage != "" || f.Narrow.Workload != "") {
		return false, exit.Wrong("--stage and --workload narrow what is shown, not what is published").WithFix("add --dry-run or --plan")
	}
	f.Narrow.Plan = f.Plan
	radius, err := ask(ctx, f.Narrow)
	if err != nil {
		return false, err
	}
	if look {
		return false, f.show(ctx, e, s, radius)
	}
	if radius.Total == 0 {
		return true, nil
	}
	_ = output.Shown(e.Err, func(w io.Writer) { write(w, radius, nil) }) // a person is asked next
	return true, e.Confirm(f.Yes, fmt.Sprintf("Publish it, which touches %s?", count(radius.Total)))
}

// planned is a touched deployment with what terraform would do to it.
type planned struct {
	apiclient.ImpactTouched
	Plan *apiclient.RunPlan `json:"plan,omitempty"`
	// Failure says why there is no plan.
	Failure string `json:"failure,omitempty"`
}

type shown struct {
	Deployments int64     `json:"deployments"`
	Total       int64     `json:"total"`
	Touched     []planned `json:"touched"`
}

// show prints the radius, with the plans once they have ended.
func (f *Flags) show(ctx context.Context, e *command.Env, s command.Server, r apiclient.ImpactRadius) error {
	all := shown{Deployments: r.Deployments, Total: r.Total, Touched: []planned{}}
	failed := 0
	for _, t := range r.Touched {
		p := planned{ImpactTouched: t, Failure: t.Problem}
		if t.Run != "" {
			e.Say("plan of %s on %s: %s", t.Workload, t.Stage, t.Run)
			w := runs.Waiting{Quiet: true}
			done, err := w.Watch(ctx, e, s, t.Project, t.Run)
			if err != nil {
				return err
			}
			p.Plan = done.Plan
			if done.Failure != nil {
				p.Failure = done.Failure.Message
			}
		}
		if p.Failure != "" {
			failed++
		}
		all.Touched = append(all.Touched, p)
	}
	if err := e.Print(all, func(w io.Writer) { write(w, r, all.Touched) }); err != nil || failed == 0 {
		return err
	}
	return kernel.Errorf(kernel.Refused, "%d of %s could not be deployed any more", failed, count(r.Total))
}

// write shows a radius as a table; plans are those of its rows, if there are any.
func write(w io.Writer, r apiclient.ImpactRadius, plans []planned) {
	if r.Total == 0 {
		_, _ = fmt.Fprintln(w, untouched(r.Deployments))
		return
	}
	_, _ = fmt.Fprintf(w, "%s of %d would be touched, by their next releases\n", count(r.Total), r.Deployments)
	var rows [][]string
	for i, t := range r.Touched {
		row := []string{t.Project, t.Workload, t.Stage, resources(t)}
		if i < len(plans) && plans[i].Plan != nil {
			row = append(row, watch.PlanLine(*plans[i].Plan))
		} else if i < len(plans) {
			row = append(row, plans[i].Failure)
		}
		rows = append(rows, row)
	}
	output.Rows(w, []string{"PROJECT", "WORKLOAD", "STAGE", "RESOURCES", "PLAN"}[:len(rows[0])], rows)
	if int(r.Total) > len(r.Touched) {
		_, _ = fmt.Fprintf(w, "and %d more\n", int(r.Total)-len(r.Touched))
	}
}

// untouched says that a publication touches nothing.
func untouched(deployments int64) string {
	switch deployments {
	case 0:
		return "nothing is deployed yet: nothing would be touched"
	case 1:
		return "the one deployment that there is would not be touched"
	default:
		return fmt.Sprintf("none of the %d deployments would be touched", deployments)
	}
}

func count(n int64) string {
	if n == 1 {
		return "1 deployment"
	}
	return fmt.Sprintf("%d deployments", n)
}

// resources says in a few words what is served in another way.
func resources(t apiclient.ImpactTouched) string {
	if t.Problem != "" {
		return "cannot be released: " + t.Problem
	}
	var all []string
	for _, r := range t.Resources {
		all = append(all, r.UID+" "+describe(r))
	}
	return strings.Join(all, ", ")
}

func describe(r apiclient.ImpactResource) string {
	switch {
	case r.Before == nil:
		return "added"
	case r.After == nil:
		return "removed"
	case r.Before.Module != r.After.Module:
		return r.Before.Module + " → " + r.After.Module
	case r.Before.Version != r.After.Version:
		return r.Before.Version + " → " + r.After.Version
	case len(r.Inputs) > 0:
		return "inputs " + strings.Join(r.Inputs, " ")
	default:
		return "changed"
	}
}

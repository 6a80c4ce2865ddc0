// Package states has the commands about the Terraform state of a workload on a
// stage: terrace state history, list, show, diff, mv, rm, rollback, import, unlock, aside,
// take-back and discard.
//
// It owns their flags and tables. Who may, and when, is the server's to say.
package states

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace state.
func Command(e *command.Env) *cobra.Command {
	return command.Group("state", "See the Terraform state of a workload, and change it by hand",
		history(e), list(e), show(e), diff(e), move(e), remove(e), rollback(e), bring(e), unlock(e), aside(e), takeBack(e), discard(e))
}

func history(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "history WORKLOAD", Short: "List the versions of a state, the newest first", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state history orders --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			versions, err := s.StateVersions(ctx, project, args[0], stage)
			if err == nil && len(versions) == 0 {
				_, err = s.Workload(ctx, project, args[0]) // one that there is not has none either
			}
			if err != nil {
				return err
			}
			return command.PrintList(e, versions, []string{"VERSION", "SERIAL", "AGE", "BYTES", "BY"}, func(v apiclient.StateVersion) []string {
				why := v.Run
				if v.Cause != "" {
					why = v.By + ": " + v.Cause
				}
				return []string{v.ID, strconv.FormatInt(v.Serial, 10), output.Age(e.Clock.Now(), v.CreatedAt), strconv.FormatInt(v.Size, 10), why}
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	return c
}

// hadState is NotFound for a workload that there is not, and that has no state of the
// stage that was brought in.
func hadState(ctx context.Context, s command.Server, project, workload, stage string) error {
	versions, err := s.StateVersions(ctx, project, workload, stage)
	if err == nil && len(versions) == 0 {
		_, err = s.Workload(ctx, project, workload)
	}
	return err
}

// find returns the id of a version that is named by its id or its serial.
func find(ctx context.Context, s command.Server, project, workload, stage, named string) (string, error) {
	serial, err := strconv.ParseInt(named, 10, 64)
	if err != nil {
		return named, nil //nolint:nilerr // it is an id then
	}
	versions, err := s.StateVersions(ctx, project, workload, stage)
	if err != nil {
		return "", err
	}
	for _, v := range versions {
		if v.Serial == serial {
			return v.ID, nil
		}
	}
	return "", kernel.Errorf(kernel.NotFound, "the state of %s on %s has no version with serial %d", workload, stage, serial).
		WithFix("terrace state history %s --stage %s lists them", workload, stage)
}

func list(e *command.Env) *cobra.Command {
	var p apiclient.GetStateParams
	c := &cobra.Command{
		Use: "list WORKLOAD", Short: "List the resources of a state", Aliases: []string{"ls"}, Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state list orders --stage dev\n  terrace state list orders --stage dev --version 4",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) (err error) {
			if p.Version, err = find(ctx, s, project, args[0], p.Stage, p.Version); err != nil {
				return err
			}
			view, err := s.State(ctx, project, args[0], p)
			if err != nil {
				return err
			}
			return e.Print(view, func(w io.Writer) {
				if l := view.Lock; l != nil {
					_, _ = fmt.Fprintf(w, "locked by %s (%s, lock %s)\n", l.Run, l.Operation, l.ID)
				}
				for _, r := range view.Resources {
					_, _ = fmt.Fprintln(w, r.Address)
				}
			})
		}),
	}
	e.StageFlag(c, &p.Stage, "stage", "the stage", true)
	c.Flags().StringVar(&p.Version, "version", "", "a version by its id or serial; without it the one in force")
	return c
}

func show(e *command.Env) *cobra.Command {
	var p apiclient.GetStateResourceParams
	c := &cobra.Command{
		Use: "show WORKLOAD ADDRESS", Short: "Show one resource of a state; sensitive values are hidden", Args: cobra.ExactArgs(2), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state show orders module.redis_cache.terrace_cache.this --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) (err error) {
			if p.Version, err = find(ctx, s, project, args[0], p.Stage, p.Version); err != nil {
				return err
			}
			p.Address = args[1]
			r, err := s.StateResource(ctx, project, args[0], p)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				output.Pairs(w, "address", r.Address, "type", r.Type, "provider", r.Provider, "depends on", strings.Join(r.DependsOn, ", "))
				for _, name := range slices.Sorted(maps.Keys(r.Attributes)) {
					_, _ = fmt.Fprintf(w, "  %s = %s\n", name, r.Attributes[name])
				}
			})
		}),
	}
	e.StageFlag(c, &p.Stage, "stage", "the stage", true)
	c.Flags().StringVar(&p.Version, "version", "", "a version by its id or serial; without it the one in force")
	return c
}

func diff(e *command.Env) *cobra.Command {
	var p apiclient.DiffStateParams
	c := &cobra.Command{
		Use: "diff WORKLOAD --from VERSION", Short: "Show what differs between two versions of a state", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace state diff orders --stage dev --from 3\n  terrace state diff orders --stage dev --from 3 --to 4",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) (err error) {
			for _, version := range []*string{&p.From, &p.To} {
				if *version, err = find(ctx, s, project, args[0], p.Stage, *version); err != nil {
					return err
				}
			}
			d, err := s.DiffState(ctx, project, args[0], p)
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { writeDiff(w, d) })
		}),
	}
	e.StageFlag(c, &p.Stage, "stage", "the stage", true)
	c.Flags().StringVar(&p.From, "from", "", "the earlier version, by its id or serial")
	c.Flags().StringVar(&p.To, "to", "", "the later version; without it the one in force")
	_ = c.MarkFlagRequired("from") // the flag is there
	return c
}

func writeDiff(w io.Writer, d apiclient.StateDifference) {
	_, _ = fmt.Fprintf(w, "serial %d → %d: %s\n", d.From.Serial, d.To.Serial, differ(len(d.Resources)))
	signs := map[apiclient.StateResourceDifferenceChange]string{"added": "+", "removed": "-", "changed": "~"}
	for _, r := range d.Resources {
		_, _ = fmt.Fprintf(w, "%s %s\n", signs[r.Change], r.Address)
		for _, a := range r.Attributes {
			_, _ = fmt.Fprintf(w, "    %s: %s → %s\n", a.Path, orNone(a.Before), orNone(a.After))
		}
		if r.Omitted {
			_, _ = fmt.Fprintf(w, "    (more differs than is compared at once: look at it with terrace state show in each version)\n")
		}
	}
}

func differ(resources int) string {
	if resources == 1 {
		return "1 resource differs"
	}
	return fmt.Sprintf("%d resources differ", resources)
}

func orNone(value []byte) string {
	if len(value) == 0 {
		return "(none)"
	}
	return string(value)
}

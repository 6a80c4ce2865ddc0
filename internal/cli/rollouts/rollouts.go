// Package rollouts has the commands terrace rollout status, promote and abort.
//
// It owns its flags and words. The target that runs a service shifts its requests, not the
// client.
package rollouts

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace rollout.
func Command(e *command.Env) *cobra.Command {
	return command.Group("rollout", "Follow releases that take over in steps", status(e), promote(e), abort(e))
}

func status(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "status SERVICE", Short: "Show how far a release has taken over from the one before it",
		Example: "  terrace rollout status orders --stage prod",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.Rollout(ctx, project, stage, args[0])
			return show(e, r, err)
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage where it runs", true)
	return c
}

func promote(e *command.Env) *cobra.Command {
	return ending(e, "promote", "Have the new release take over without the steps that are left", command.Server.PromoteRollout)
}

func abort(e *command.Env) *cobra.Command {
	return ending(e, "abort", "Return all requests to the release before; the run fails", command.Server.AbortRollout)
}

// ending makes a command that ends a rollout in one way.
func ending(e *command.Env, name, short string, end func(command.Server, context.Context, string, string, apiclient.EndRolloutRequest) (apiclient.LocalRolloutInfo, error)) *cobra.Command {
	var in apiclient.EndRolloutRequest
	c := &cobra.Command{
		Use: name + " SERVICE", Short: short,
		Example: "  terrace rollout " + name + " orders --stage prod",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := end(s, ctx, project, args[0], in)
			return show(e, r, err)
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage where it runs", true)
	return c
}

func show(e *command.Env, r apiclient.LocalRolloutInfo, err error) error {
	if err != nil {
		return err
	}
	return e.Print(r, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s on %s: %s, step %d of %d, %d %% of new requests to %s (since %s)\n", r.Service, r.Stage, r.Phase, r.Step, r.Steps, r.Weight, r.To, output.Stamp(r.StepAt))
		for _, one := range []struct {
			release string
			seen    apiclient.LocalSeenInfo
		}{{r.To, r.Next}, {r.From, r.Before}} {
			_, _ = fmt.Fprintf(w, "  %s: %d requests, %d failed, p99 %s\n", one.release, one.seen.Requests, one.seen.Failed, one.seen.LatencyP99)
		}
		if r.Reason != "" {
			_, _ = fmt.Fprintf(w, "  %s\n", r.Reason)
		}
	})
}

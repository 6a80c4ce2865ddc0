// Package services has the commands terrace service list and logs.
//
// It owns its flags. Services are run by a target, not by the client.
package services

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace service.
func Command(e *command.Env) *cobra.Command {
	return command.Group("service", "Look into running services", list(e), logs(e))
}

func logs(e *command.Env) *cobra.Command {
	q := apiclient.GetServiceLogsParams{Lines: 100}
	c := &cobra.Command{
		Use: "logs SERVICE", Short: "Show what a service printed",
		Example: "  terrace service logs orders --stage dev\n  terrace service logs orders --stage prod -f",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			return s.ServiceLogs(ctx, project, args[0], q, func(l apiclient.LogsLine) error {
				return e.PrintLine(l, func(w io.Writer) {
					_, _ = fmt.Fprintf(w, "%s %s %s\n", l.Time.Local().Format("15:04:05.000"), l.Source, l.Text)
				})
			})
		}),
	}
	e.StageFlag(c, &q.Stage, "stage", "the stage where it runs", true)
	command.Number(c, &q.Lines, "lines", q.Lines, "how many of the last lines to begin with", 0, 10_000)
	c.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on with what it prints from now on")
	return c
}

func list(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "list", Short: "List the services that run", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace service list --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			services, err := s.Services(ctx, project, stage)
			return command.PrintFound(e, services, err, []string{"SERVICE", "STAGE", "RELEASE", "VERSION", "STATUS", "TROUBLE"}, func(v apiclient.LocalServiceInfo) []string {
				return []string{v.Name, v.Stage, v.Release, v.ReleaseVersion, string(v.Status), trouble(v)}
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "only at this stage", false)
	return c
}

// trouble is the first thing that is wrong with a service.
func trouble(v apiclient.LocalServiceInfo) string {
	for _, c := range v.Containers {
		if c.Probe != "" {
			return c.Name + ": " + c.Probe
		}
		if c.LastExit != "" {
			return fmt.Sprintf("%s: ended %d times, %s", c.Name, c.Exits, c.LastExit)
		}
	}
	return ""
}

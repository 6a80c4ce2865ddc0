// Package services has the command terrace service logs.
//
// It owns its flags. Services are run by a target, not by the client.
package services

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace service.
func Command(e *command.Env) *cobra.Command {
	return command.Group("service", "Look into running services", logs(e))
}

func logs(e *command.Env) *cobra.Command {
	q := apiclient.LogQuery{Lines: 100}
	c := &cobra.Command{
		Use: "logs SERVICE", Short: "Show what a service printed",
		Example: "  terrace service logs orders --stage dev\n  terrace service logs orders --stage prod -f",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			return s.ServiceLogs(c.Context(), project, args[0], q, func(l apiclient.LogLine) error {
				return e.Print(l, func(w io.Writer) {
					_, _ = fmt.Fprintf(w, "%s %s %s\n", l.Time.Local().Format("15:04:05.000"), l.Source, l.Text)
				})
			})
		},
	}
	e.StageFlag(c, &q.Stage, "stage", "the stage where it runs", true)
	c.Flags().IntVar(&q.Lines, "lines", q.Lines, "how many of the last lines to begin with, up to 10000")
	c.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on with what it prints from now on")
	return c
}

// Package services has the command terrace service logs.
//
// It owns its flags. Services are run by a target, not by the client.
package services

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace service.
func Command(e *command.Env) *cobra.Command {
	return command.Group("service", "Look into running services", logs(e))
}

func logs(e *command.Env) *cobra.Command {
	var stage string
	var follow bool
	c := &cobra.Command{
		Use: "logs SERVICE", Short: "Show what a service printed",
		Example: "  terrace service logs orders --stage dev\n  terrace service logs orders --stage prod -f",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			return s.ServiceLogs(c.Context(), project, args[0], stage, follow, e.Out)
		},
	}
	e.StageFlag(c, &stage, "stage", "the stage where it runs", true)
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what it prints from now on")
	return c
}

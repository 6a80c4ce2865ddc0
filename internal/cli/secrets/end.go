package secrets

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

func deleteVersion(e *command.Env) *cobra.Command {
	var p apiclient.DeleteSecretParams
	var yes bool
	c := &cobra.Command{
		Use: "delete NAME", Short: "Delete a version of a secret, the newest unless told, so that it can be taken back", Args: cobra.ExactArgs(1),
		Long: "What refers to the secret finds none from then on: where workloads that are deployed in the stage do, or their\n" +
			"configuration, they are named and it is asked first. terrace secret restore takes it back, and terrace secret destroy\n" +
			"removes the value for ever.",
		Example: "  terrace secret delete orders-api-key --stage dev\n  terrace secret delete orders-api-key --stage dev --version 2",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if !yes {
				if refer := whoRefers(referrers(ctx, s, project, p.Stage, args[0])); refer != "" {
					if err := e.Confirm(false, fmt.Sprintf("Delete the secret %s of %s? %s.", args[0], p.Stage, refer)); err != nil {
						return err
					}
				}
			}
			h, err := s.DeleteSecret(ctx, project, args[0], p)
			return printHistory(e, h, err)
		}),
	}
	ofStage(e, c, &p.Stage)
	command.Number(c, &p.Version, "version", 0, "the version; the newest unless given", 1, 0)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func restore(e *command.Env) *cobra.Command {
	var stage string
	var in apiclient.RestoreSecretRequest
	c := &cobra.Command{
		Use: "restore NAME", Short: "Take back that a version of a secret was deleted", Args: cobra.ExactArgs(1),
		Example: "  terrace secret restore orders-api-key --stage dev --version 2",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			h, err := s.RestoreSecret(ctx, project, stage, args[0], in)
			return printHistory(e, h, err)
		}),
	}
	ofStage(e, c, &stage)
	command.Number(c, &in.Version, "version", 0, "the version that was deleted", 1, 0)
	_ = c.MarkFlagRequired("version") // it is there
	return c
}

func destroy(e *command.Env) *cobra.Command {
	var stage string
	var versions []int64
	var all, yes bool
	c := &cobra.Command{
		Use: "destroy NAME", Short: "Remove values of a secret for ever, or the whole secret", Args: cobra.ExactArgs(1),
		Long:    "Of the versions that --version names it stays known that they were there. With --all the secret goes with all that is said of it.",
		Example: "  terrace secret destroy orders-api-key --stage dev --version 1,2\n  terrace secret destroy orders-api-key --stage dev --all --yes",
	}
	c.RunE = e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
		if all == (len(versions) > 0) {
			return exit.Wrong("say what of %s is to be destroyed", args[0]).WithFix("give --version, or --all for the whole secret")
		}
		what := "the secret " + args[0]
		if !all {
			what = fmt.Sprintf("the values of the versions %v of the secret %s", versions, args[0])
		}
		if !yes {
			question := fmt.Sprintf("Remove %s of %s for ever?", what, stage)
			if refer := whoRefers(referrers(ctx, s, project, stage, args[0])); refer != "" {
				question += " " + refer + "."
			}
			if err := e.Confirm(false, question); err != nil {
				return err
			}
		}
		if err := s.DestroySecret(ctx, project, stage, args[0], apiclient.DestroySecretRequest{Versions: versions}); err != nil {
			return err
		}
		return e.Print(map[string]any{"name": args[0], "stage": stage, "versions": versions, "all": all}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s of %s is gone\n", what, stage) })
	})
	ofStage(e, c, &stage)
	c.Flags().Int64SliceVar(&versions, "version", nil, "the `versions`, several with commas")
	c.Flags().BoolVar(&all, "all", false, "the whole secret")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

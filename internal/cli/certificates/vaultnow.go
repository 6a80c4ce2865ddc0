package certificates

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// askEvery is how often it is asked how far a comparison is, and tellEvery how often it is said
	// that it goes on.
	askEvery, tellEvery = time.Second, 15 * time.Second
	// waitMost is how long the end of a comparison is waited for unless something else is said.
	waitMost = 3 * time.Minute
)

func runVault(e *command.Env) *cobra.Command {
	var stage string
	var wait bool
	var most time.Duration
	c := &cobra.Command{
		Use: "now NAME", Short: "Compare a certificate with the one in the key vault at once", Args: cobra.ExactArgs(1),
		Long:    "It waits until both sides were compared, and fails where they could not be made the same.",
		Example: "  terrace certificate vault now shop --stage prod\n  terrace certificate vault now shop --stage prod --wait=false",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			asked, err := s.RunVaultCertificate(ctx, project, stage, args[0])
			if err != nil {
				return err
			}
			if !wait {
				return e.Print(asked, func(w io.Writer) {
					_, _ = fmt.Fprintf(w, "certificate %s and %s are being compared; see how far that is with: terrace certificate vault list --stage %s\n", asked.Name, asked.Vault, asked.Stage)
				})
			}
			within, cancel := context.WithTimeout(ctx, most)
			defer cancel()
			done, err := compared(within, e, s, project, asked)
			if err != nil && ctx.Err() == nil && within.Err() != nil {
				return kernel.Errorf(kernel.Unavailable, "certificate %s was not compared within %s; the server goes on with it", asked.Name, command.Length(most)).
					WithFix("see how far it is with: terrace certificate vault list --stage %s", stage)
			}
			if err != nil {
				return err
			}
			return toldOf(e, done)
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	c.Flags().BoolVar(&wait, "wait", true, "wait for the end; --wait=false leaves at once")
	command.DurationVar(c.Flags(), &most, "timeout", waitMost, "how long to wait at most")
	return c
}

// compared waits until a certificate was worked on after it was asked for, and says that it waits.
func compared(ctx context.Context, e *command.Env, s command.Server, project string, asked apiclient.VaultCertificate) (apiclient.VaultCertificate, error) {
	e.Say("certificate %s is being compared with the one in %s", asked.Name, asked.Vault)
	for waited := askEvery; ; waited += askEvery {
		if err := command.Pause(ctx, askEvery); err != nil {
			return asked, err
		}
		all, err := s.VaultCertificates(ctx, project, asked.Stage)
		if err != nil {
			return asked, err
		}
		at := slices.IndexFunc(all, func(c apiclient.VaultCertificate) bool { return c.Name == asked.Name })
		if at < 0 {
			return asked, kernel.Errorf(kernel.NotFound, "certificate %s was removed meanwhile", asked.Name)
		}
		if now := all[at].TriedAt; now != nil && (asked.TriedAt == nil || now.After(*asked.TriedAt)) {
			return all[at], nil
		}
		if waited%tellEvery == 0 {
			e.Say("still being compared after %s", waited)
		}
	}
}

// toldOf says what a comparison came to.
func toldOf(e *command.Env, c apiclient.VaultCertificate) error {
	if c.State == apiclient.VaultcertStateInStep {
		return e.Print(c, func(w io.Writer) {
			end := ""
			if c.NotAfter != nil {
				end = ", until " + output.Stamp(*c.NotAfter)
			}
			_, _ = fmt.Fprintf(w, "certificate %s is the same in %s%s\n", c.Name, c.Vault, end)
		})
	}
	err := kernel.Errorf(kernel.Refused, "certificate %s is %s: %s", c.Name, c.State, c.Reason)
	if c.Fix == "" {
		return err
	}
	return err.WithFix("%s", c.Fix)
}

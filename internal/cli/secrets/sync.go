package secrets

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The words of a sync, as the server has them.
const (
	push, pull    = "push", "pull"
	write, report = "write", "report"
	inStep        = "in-step"
	waiting       = "waiting"
	failed        = "failed"
)

// syncCommand returns terrace secret sync.
func syncCommand(e *command.Env) *cobra.Command {
	return command.Group("sync", "Keep a stage's secrets in an Azure Key Vault, or take them from one", showSync(e), setSync(e), runSync(e), adoptSync(e), removeSync(e))
}

// synced is what show prints.
type synced struct {
	apiclient.SecretSync

	List []apiclient.SyncedSecret `json:"list" yaml:"list"`
}

func showSync(e *command.Env) *cobra.Command {
	var stage, state string
	c := &cobra.Command{
		Use: "show", Short: "Show a stage's key vault, and how far each secret is", Args: cobra.NoArgs,
		Long: "What is in-step is the same on both sides. What is waiting is written soon. What has failed, drifted or is in\n" +
			"conflict says why, and what to do.",
		Example: "  terrace secret sync show --stage prod\n  terrace secret sync show --stage prod --state conflict -o json",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			return printSync(ctx, e, s, project, stage, state)
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	command.Choice(c, &state, "state", "", "secrets in one state; all by default", inStep, waiting, failed, "drifted", "conflict")
	return c
}

func printSync(ctx context.Context, e *command.Env, s command.Server, project, stage, state string) error {
	y, err := s.SecretSync(ctx, project, stage)
	if err != nil {
		return err
	}
	list, err := s.SyncedSecrets(ctx, project, stage, state)
	if err != nil {
		return err
	}
	return e.Print(synced{y, list}, func(w io.Writer) { writeSync(w, e.Clock.Now(), y, list) })
}

func writeSync(w io.Writer, now time.Time, y apiclient.SecretSync, list []apiclient.SyncedSecret) {
	pairs := []string{"vault", y.Vault, "direction", string(y.Direction), "on drift", string(y.OnDrift), "identity", y.Client + " in " + y.AzureTenant, "trusts", y.Subject + " of " + y.Issuer, "state", standing(y)}
	if y.ComparedAt != nil {
		pairs = append(pairs, "compared", output.Moment(now, *y.ComparedAt)+", every "+output.Span(y.Every))
	}
	if y.Reason != "" {
		pairs = append(pairs, "reason", y.Reason)
	}
	if y.Fix != "" {
		pairs = append(pairs, "to do", y.Fix)
	}
	if y.BlockedUntil != nil {
		pairs = append(pairs, "tried again", output.Moment(now, *y.BlockedUntil))
	}
	output.Pairs(w, pairs...)
	_, _ = fmt.Fprintln(w)
	output.List(w, list, []string{"SECRET", "STATE", "VERSION", "AGE", "REASON"}, func(i apiclient.SyncedSecret) []string {
		age, version := "", ""
		if i.At != nil {
			age = output.Age(now, *i.At)
		}
		if i.Version > 0 {
			version = fmt.Sprint(i.Version)
		}
		reason := i.Reason
		if i.State == waiting {
			reason = "" // it is of before
		}
		return []string{i.Name, string(i.State), version, age, reason}
	})
	for _, i := range list {
		if i.Fix != "" && i.State != waiting {
			_, _ = fmt.Fprintf(w, "\n%s: %s\n", i.Name, i.Fix)
		}
	}
}

func setSync(e *command.Env) *cobra.Command {
	var stage string
	var in apiclient.SetSecretSyncRequest
	var every time.Duration
	c := &cobra.Command{
		Use: "set", Short: "Keep a stage's secrets in a key vault from now on", Args: cobra.NoArgs,
		Long: "Terrace signs in as an identity of Azure that trusts it (federation), so that no secret of Azure is kept. That\n" +
			"identity needs a federated credential with the subject TENANT:PROJECT:STAGE:sync and, on the vault, the role\n" +
			"Key Vault Secrets Officer. Secrets of the vault that Terrace has not made are left alone.\n" +
			"With --direction pull it is the other way round: what is in the vault becomes versions in Terrace.",
		Example: "  terrace secret sync set --stage prod --vault https://contoso-prod.vault.azure.net \\\n" +
			"    --azure-tenant 11111111-1111-1111-1111-111111111111 --client 33333333-3333-3333-3333-333333333333\n" +
			"  terrace secret sync set --stage dev --client 33333333-3333-3333-3333-333333333333 --on-drift report",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			if every > 0 {
				in.Every = every.String()
			}
			y, err := s.SetSecretSync(ctx, project, stage, in)
			if err != nil {
				return err
			}
			return e.Print(y, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "the secrets of %s and %s are kept the same (%s); %s has to trust %s of %s\nsee how far it is with: terrace secret sync show --stage %s\n",
					y.Stage, y.Vault, y.Direction, y.Client, y.Subject, y.Issuer, y.Stage)
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	c.Flags().StringVar(&in.Vault, "vault", "", "the vault's address; by default that of the stage's landing zone")
	c.Flags().StringVar(&in.AzureTenant, "azure-tenant", "", "the directory of Azure that the identity is in; by default that of the stage's own identities")
	c.Flags().StringVar(&in.Client, "client", "", "the client id of the identity")
	command.Choice(c, &in.Direction, "direction", "", "whose values count, push (Terrace's) unless given", push, pull)
	command.Choice(c, &in.OnDrift, "on-drift", "", "what becomes of what others change in the vault, write (Terrace's value again) unless given", write, report)
	command.DurationVar(c.Flags(), &every, "every", 0, "how often both sides are compared, 5m unless given")
	_ = c.MarkFlagRequired("client") // it is there
	return c
}

// lookEvery is how often it is asked whether a comparison has ended.
const lookEvery = 200 * time.Millisecond

func runSync(e *command.Env) *cobra.Command {
	var stage string
	var detach bool
	c := &cobra.Command{
		Use: "now", Short: "Compare a stage and its key vault at once, and show how they stand", Args: cobra.NoArgs,
		Long:    "The exit code is 1 where a secret is not the same on both sides. A vault that has said when it can be asked again\nis not asked before.",
		Example: "  terrace secret sync now --stage prod\n  terrace secret sync now --stage prod --detach",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			y, err := s.RunSecretSync(ctx, project, stage)
			if err != nil {
				return err
			}
			if detach {
				return e.Print(y, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s and %s are being compared\n", y.Stage, y.Vault) })
			}
			if y, err = compared(ctx, s, project, y); err != nil {
				return err
			}
			if err := printSync(ctx, e, s, project, stage, ""); err != nil {
				return err
			}
			return verdict(y)
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	c.Flags().BoolVar(&detach, "detach", false, "do not wait")
	return c
}

// compared waits until what was asked for is done, or cannot be.
func compared(ctx context.Context, s command.Server, project string, asked apiclient.SecretSync) (apiclient.SecretSync, error) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		y, err := s.SecretSync(ctx, project, asked.Stage)
		if err != nil {
			return y, err
		}
		done := y.ComparedAt != nil && asked.AskedAt != nil && !y.ComparedAt.Before(*asked.AskedAt)
		if done || y.State == failed && y.BlockedUntil != nil {
			return y, nil
		}
		select {
		case <-ctx.Done():
			return y, ctx.Err()
		case <-ticker.C:
		}
	}
}

// standing is how the sync goes: it may reach its vault, and yet not every secret be the same
// on both sides.
func standing(y apiclient.SecretSync) string {
	if left := apart(y); y.State == inStep && len(left) > 0 {
		return "not in step: " + strings.Join(left, ", ")
	}
	return y.State
}

// apart counts the secrets that are not in step, by their state.
func apart(y apiclient.SecretSync) (left []string) {
	for state, n := range y.Secrets {
		if state != inStep && n > 0 {
			left = append(left, fmt.Sprintf("%d %s", n, state))
		}
	}
	slices.Sort(left)
	return left
}

// verdict is an error where not all is the same.
func verdict(y apiclient.SecretSync) error {
	if y.State == failed {
		return kernel.Errorf(kernel.Unavailable, "%s could not be compared: %s", y.Vault, y.Reason).WithFix("%s", y.Fix)
	}
	left := apart(y)
	if len(left) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "not all secrets are in step: %s", strings.Join(left, ", ")).
		WithFix("see why with: terrace secret sync show --stage %s", y.Stage)
}

func adoptSync(e *command.Env) *cobra.Command {
	var stage, reason string
	c := &cobra.Command{
		Use: "adopt NAME", Short: "Decide for the side that counts, whatever it replaces", Args: cobra.ExactArgs(1),
		Long: "For a secret that is in conflict or has drifted: with the direction push Terrace's value is written over what the\n" +
			"vault has under this name, with pull the vault's becomes the newest version in Terrace.",
		Example: "  terrace secret sync adopt orders-api-key --stage prod --reason \"it was written by hand before\"",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := s.AdoptSyncedSecret(ctx, project, stage, args[0], reason); err != nil {
				return err
			}
			return e.Print(map[string]string{"secret": args[0], "stage": stage}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "secret %s of %s is decided; see how it stands with: terrace secret sync show --stage %s\n", args[0], stage, stage)
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	command.Reason(c, &reason)
	return c
}

func removeSync(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "remove", Short: "End the sync of a stage; both sides keep what they have", Args: cobra.NoArgs,
		Example: "  terrace secret sync remove --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			if err := s.RemoveSecretSync(ctx, project, stage); err != nil {
				return err
			}
			return e.Print(map[string]string{"stage": stage}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "the secrets of %s are kept in no key vault any more; both sides keep what they have\n", stage)
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	return c
}

package secrets

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func history(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "history NAME", Short: "Show the versions of a secret, and when it was read last", Args: cobra.ExactArgs(1),
		Example: "  terrace secret history orders-api-key --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			h, err := s.SecretHistory(ctx, project, stage, args[0])
			return printHistory(e, h, err)
		}),
	}
	ofStage(e, c, &stage)
	return c
}

func printHistory(e *command.Env, h apiclient.SecretHistory, err error) error {
	if err != nil {
		return err
	}
	return e.Print(h, func(w io.Writer) { writeHistory(w, e.Clock.Now(), h) })
}

func writeHistory(w io.Writer, now time.Time, h apiclient.SecretHistory) {
	output.List(w, h.Versions, []string{"VERSION", "STATE", "BY", "AGE"}, func(v apiclient.SecretInfo) []string {
		return []string{fmt.Sprint(v.Version), stateOf(now, v), cmp.Or(v.UpdatedByName, v.UpdatedBy), output.Age(now, v.UpdatedAt)}
	})
	if said := settings(h); said != "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", said)
	}
	if h.ReadAt != nil {
		_, _ = fmt.Fprintf(w, "\nversion %d was read last by %s, %s ago\n", h.ReadVersion, cmp.Or(h.ReadByName, h.ReadBy), output.Age(now, *h.ReadAt))
	}
}

// settings tells what else is said of a secret, "" where it is nothing.
func settings(h apiclient.SecretHistory) string {
	var said []string
	if h.MaxVersions > 0 {
		said = append(said, output.Count(int(h.MaxVersions), "version")+" at most")
	}
	if h.CasRequired {
		said = append(said, "written with --cas alone")
	}
	if h.DeleteAfter != "" {
		said = append(said, "deleted after "+output.Span(h.DeleteAfter))
	}
	for _, name := range slices.Sorted(maps.Keys(h.Custom)) {
		said = append(said, name+"="+h.Custom[name])
	}
	return strings.Join(said, ", ")
}

func stateOf(now time.Time, v apiclient.SecretInfo) string {
	switch {
	case v.Destroyed:
		return "destroyed"
	case v.DeletedAt != nil && !v.DeletedAt.After(now):
		return "deleted"
	case v.DeletedAt != nil:
		return "until " + v.DeletedAt.Format("2006-01-02 15:04")
	default:
		return "there"
	}
}

func diff(e *command.Env) *cobra.Command {
	var p apiclient.CompareSecretParams
	c := &cobra.Command{
		Use: "diff NAME", Short: "Tell which keys differ between two versions of a secret, without values", Args: cobra.ExactArgs(1),
		Example: "  terrace secret diff db/credentials --stage dev\n  terrace secret diff db/credentials --stage dev --from 2",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			d, err := s.CompareSecret(ctx, project, args[0], p)
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { writeDifference(w, d) })
		}),
	}
	ofStage(e, c, &p.Stage)
	command.Number(c, &p.From, "from", 0, "the version that is compared; 0 is the one before the other", 0, 0)
	command.Number(c, &p.To, "to", 0, "the version that it is compared with; 0 is the newest", 0, 0)
	return c
}

func writeDifference(w io.Writer, d apiclient.SecretDifference) {
	if len(d.Added)+len(d.Removed)+len(d.Changed) == 0 {
		_, _ = fmt.Fprintf(w, "versions %d and %d have the same values\n", d.From, d.To)
	}
	for _, c := range []struct {
		sign string
		keys []string
	}{{"+", d.Added}, {"-", d.Removed}, {"~", d.Changed}} {
		for _, key := range c.keys {
			_, _ = fmt.Fprintln(w, c.sign, key)
		}
	}
}

func rollback(e *command.Env) *cobra.Command {
	var stage string
	var in apiclient.RollBackSecretRequest
	c := &cobra.Command{
		Use: "rollback NAME", Short: "Make the value of an earlier version the newest", Args: cobra.ExactArgs(1),
		Long:    "The services of the stage that refer to the secret are started anew with the value.",
		Example: "  terrace secret rollback orders-api-key --stage dev --version 2 --reason \"the new key is refused\"",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			done, err := s.RollBackSecret(ctx, project, stage, args[0], in)
			return printVersion(e, args[0], done, err)
		}),
	}
	ofStage(e, c, &stage)
	command.Number(c, &in.Version, "version", 0, "the version whose value becomes the newest", 1, 0)
	_ = c.MarkFlagRequired("version") // it is there
	command.Reason(c, &in.Reason)
	return c
}

func copyTo(e *command.Env) *cobra.Command {
	var stage string
	var in apiclient.CopySecretRequest
	c := &cobra.Command{
		Use: "copy NAME", Short: "Make the value of a secret that of another stage", Args: cobra.ExactArgs(1),
		Long:    "Who copies a value may read it where it is, and write it where it goes. Both are in the audit log.",
		Example: "  terrace secret copy orders-api-key --stage dev --to test --reason \"the partner has one key for both\"",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			done, err := s.CopySecret(ctx, project, stage, args[0], in)
			return printVersion(e, args[0], done, err)
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage whose value is copied", true)
	c.ValidArgsFunction = e.Secrets(&stage)
	e.StageFlag(c, &in.To, "to", "the stage that gets it", true)
	command.Reason(c, &in.Reason)
	return c
}

func printVersion(e *command.Env, name string, done apiclient.SecretInfo, err error) error {
	if err != nil {
		return err
	}
	return e.Print(done, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "secret %s of %s has version %d\n", name, done.Stage, done.Version)
	})
}

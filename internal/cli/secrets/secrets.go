// Package secrets has the commands terrace secret ….
//
// It owns how a value gets in without standing on a command line. No command
// shows a value.
package secrets

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/secretscan"
)

// Command returns terrace secret.
func Command(e *command.Env) *cobra.Command {
	return command.Group("secret", "Set secrets and see which there are; values are never shown", list(e), set(e), configure(e), rotate(e), history(e), diff(e), rollback(e), copyTo(e), deleteVersion(e), restore(e), destroy(e), syncCommand(e), secretscan.Command(e), findings(e), allow(e), resolve(e))
}

func list(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "list", Short: "List the secrets, without values", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace secret list --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			secrets, err := s.Secrets(ctx, project, stage)
			return command.PrintFound(e, secrets, err, []string{"SECRET", "STAGE", "VERSION", "STATE", "AGE"}, func(v apiclient.SecretInfo) []string {
				return []string{v.Name, v.Stage, fmt.Sprint(v.Version), stateOf(e.Clock.Now(), v), output.Age(e.Clock.Now(), v.UpdatedAt)}
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage; all by default", false)
	return c
}

// ofStage has a command that names a secret take the stage that it is of.
func ofStage(e *command.Env, c *cobra.Command, stage *string) {
	e.StageFlag(c, stage, "stage", "the stage that the secret is for", true)
	c.ValidArgsFunction = e.Secrets(stage)
}

func set(e *command.Env) *cobra.Command {
	var stage string
	var in apiclient.PutSecretRequest
	var seen int64
	c := &cobra.Command{
		Use: "set NAME", Short: "Give a secret, or one key of it, a new value", Args: cobra.ExactArgs(1),
		Long: "The value is read from the terminal, from TERRACE_SECRET_VALUE or from the input: all of that, but for the line break at its end.\n" +
			"It is text, of 64 KiB at most. Without --key the secret has this one value from then on, whichever keys it had; with it the\n" +
			"value is that of the key, which ${secret:NAME#KEY} means, and all other keys of the newest version stay as they are.",
		Example: "  terrace secret set orders-api-key --stage dev < key.txt\n  base64 keystore.p12 | terrace secret set orders-keystore --stage dev\n" +
			"  terrace secret set db/credentials --key user --stage dev < user.txt\n  terrace secret set db/credentials --key password --stage dev --cas 1 < password.txt",
	}
	c.RunE = e.InProject(func(ctx context.Context, s command.Server, project string, args []string) (err error) {
		if in.Value, err = e.SecretText("TERRACE_SECRET_VALUE", "Value"); err != nil {
			return err
		}
		if c.Flags().Changed("cas") {
			in.Cas = &seen
		}
		done, err := s.SetSecret(ctx, project, stage, args[0], in)
		if err != nil {
			return err
		}
		return e.Print(done, func(w io.Writer) { _, _ = fmt.Fprintf(w, "secret %s has version %d\n", args[0], done.Version) })
	})
	ofStage(e, c, &stage)
	c.Flags().StringVar(&in.Key, "key", "", "the key whose value it is; the whole secret unless given")
	command.Number(c, &seen, "cas", 0, "the newest version that you have seen, 0 for none yet: where there is another, nothing is written", 0, 0)
	return c
}

func rotate(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "rotate NAME", Short: "Give a secret a newly generated value", Args: cobra.ExactArgs(1),
		Long:    "The services of the stage that refer to the secret are started anew with the new value.",
		Example: "  terrace secret rotate orders-session --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			done, err := s.RotateSecret(ctx, project, stage, args[0])
			if err != nil {
				return err
			}
			return e.Print(done, func(w io.Writer) { _, _ = fmt.Fprintf(w, "secret %s has version %d\n", args[0], done.Version) })
		}),
	}
	ofStage(e, c, &stage)
	return c
}

package secrets

import (
	"context"
	"maps"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

func configure(e *command.Env) *cobra.Command {
	var stage string
	var versions int64
	var cas bool
	var after time.Duration
	var words map[string]string
	var without []string
	c := &cobra.Command{
		Use: "configure NAME", Short: "Say how many versions of a secret are kept, how it is written, and what else is known of it", Args: cobra.ExactArgs(1),
		Long: "What no flag names stays. Versions that are too many go at once, and for ever. With --cas-required whoever writes has to\n" +
			"say which version they have seen, by --cas. The words of --metadata are no secret, and shown with the history.",
		Example: "  terrace secret configure db/credentials --stage prod --max-versions 20 --cas-required\n" +
			"  terrace secret configure db/credentials --stage prod --metadata owner=shop,rotated=quarterly --no-metadata ticket\n" +
			"  terrace secret configure db/credentials --stage prod --cas-required=false --delete-after 0s",
	}
	c.RunE = e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
		in := apiclient.ConfigureSecretRequest{Custom: maps.Clone(words)}
		for _, name := range without {
			if in.Custom == nil {
				in.Custom = map[string]string{}
			}
			in.Custom[name] = ""
		}
		given := c.Flags().Changed
		if given("max-versions") {
			in.MaxVersions = &versions
		}
		if given("cas-required") {
			in.CasRequired = &cas
		}
		if given("delete-after") {
			in.DeleteAfter = after.String()
		}
		if in.MaxVersions == nil && in.CasRequired == nil && in.DeleteAfter == "" && len(in.Custom) == 0 {
			return exit.Wrong("no flag says what is to be changed").WithFix("see terrace secret configure --help")
		}
		h, err := s.ConfigureSecret(ctx, project, stage, args[0], in)
		return printHistory(e, h, err)
	})
	ofStage(e, c, &stage)
	command.Number(c, &versions, "max-versions", 0, "how many versions are kept; 0 is 10", 0, 1000)
	c.Flags().BoolVar(&cas, "cas-required", false, "who writes has to say which version they have seen")
	command.DurationVar(c.Flags(), &after, "delete-after", 0, "how long after they are written versions are deleted; 0s is never")
	c.Flags().StringToStringVar(&words, "metadata", nil, "words beside the secret, as `NAME=WORD`")
	c.Flags().StringSliceVar(&without, "no-metadata", nil, "the `names` of words that are removed")
	return c
}

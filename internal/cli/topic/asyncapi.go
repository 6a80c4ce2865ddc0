package topic

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func asyncAPI(g *group) *cobra.Command {
	c := &cobra.Command{
		Use: "asyncapi [TOPIC]", Short: "Write a topic, or those of a stage, as an AsyncAPI document", Args: cobra.MaximumNArgs(1), ValidArgsFunction: g.names(),
		Long:    "The document is AsyncAPI 3.0 in JSON, with the newest schemas of the events and where programs reach the brokers:\nfor generators of code and of pages. Topics of dead letters are written only where they are named.",
		Example: "  terrace topic asyncapi orders --stage dev\n  terrace topic asyncapi --stage dev >asyncapi.json",
		RunE: g.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			get := func() (map[string]any, error) { return s.TopicsDocument(ctx, project, g.stage) }
			if len(args) > 0 {
				get = func() (map[string]any, error) {
					return s.TopicDocument(ctx, apiclient.TopicAt{Project: project, Stage: g.stage, Name: args[0]})
				}
			}
			doc, err := get()
			if err != nil {
				return err
			}
			return g.Print(doc, func(w io.Writer) {
				text, _ := json.MarshalIndent(doc, "", "  ") // it came as JSON
				_, _ = fmt.Fprintf(w, "%s\n", text)
			})
		}),
	}
	g.StageFlag(c, &g.stage, "stage", "the stage of the topics", true)
	return c
}

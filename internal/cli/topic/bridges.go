package topic

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func bridges(g *group) *cobra.Command {
	list := g.about("list TOPIC", "List the bridges that take events of a topic to others", "terrace topic bridge list orders --stage dev", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			all, err := s.TopicBridges(ctx, t)
			return command.PrintFound(g.Env, all, err, []string{"BRIDGE", "TO", "PASSED", "SKIPPED", "REJECTED", "STATE"}, func(b apiclient.TopicBridge) []string {
				return []string{b.Name, b.To, fmt.Sprint(b.State.Passed), fmt.Sprint(b.State.Skipped), fmt.Sprint(b.State.Rejected), output.Told(g.Clock.Now(), does(b.State))}
			})
		})
	show := g.about("show TOPIC BRIDGE", "Show a bridge, and how far behind it is", "terrace topic bridge show orders to-kafka --stage dev", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			b, err := s.TopicBridge(ctx, t, args[0])
			if err != nil {
				return err
			}
			return g.Print(b, func(w io.Writer) {
				output.Pairs(w, "bridge", b.Name, "from", t.Name, "to", b.To, "passed", fmt.Sprint(b.State.Passed), "skipped", fmt.Sprint(b.State.Skipped),
					"rejected", fmt.Sprint(b.State.Rejected), "failures", fmt.Sprint(b.State.Failures), "waiting", fmt.Sprint(b.Pending), "state", does(b.State))
			})
		})
	remove := g.about("delete TOPIC BRIDGE", "Delete a bridge; what it has not passed stays where it is", "terrace topic bridge delete orders to-kafka --stage dev", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			if err := s.DeleteTopicBridge(ctx, t, args[0]); err != nil {
				return err
			}
			return g.Print(map[string]any{"bridge": args[0], "deleted": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "bridge %s is deleted\n", args[0]) })
		})
	return command.Group("bridge", "What takes the events of a topic to another one, on any broker", list, show, applyBridge(g), remove)
}

// does says how a bridge does.
func does(b apiclient.TopicBridgeState) string {
	switch {
	case b.SeenAt == nil:
		return "not begun"
	case b.Problem != "":
		return "stands still: " + b.Problem
	}
	return "runs"
}

func applyBridge(g *group) *cobra.Command {
	var in apiclient.TopicBridgeSettings
	var from apiclient.TopicFrom
	c := g.about("apply TOPIC BRIDGE", "Have the events of a topic taken to another one of its stage", "terrace topic bridge apply orders to-kafka --stage dev --to orders-kafka --from oldest", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			in.From = string(from)
			made, err := s.ApplyTopicBridge(ctx, t, args[0], in)
			if err != nil {
				return err
			}
			return g.Print(made, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s takes events of %s to %s\n", made.Name, t.Name, made.To) })
		})
	c.Flags().StringVar(&in.To, "to", "", "the topic that they are taken to")
	c.Flags().StringArrayVar(&in.Types, "type", nil, "only this type of events; several are any of them")
	command.Choice(c, &from, "from", apiclient.TopicFromNew, "where a new one begins", apiclient.TopicFromNew, apiclient.TopicFromOldest)
	_ = c.MarkFlagRequired("to")
	return c
}

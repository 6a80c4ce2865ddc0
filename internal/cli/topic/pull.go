package topic

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func pull(g *group) *cobra.Command {
	var sub string
	var in apiclient.PullTopicEventsRequest
	var done bool
	c := g.about("pull TOPIC", "Take events of a subscription; each comes again unless it is acknowledged in time", "terrace topic pull orders --stage dev --subscription billing --max 50 --ack\nterrace topic ack orders 'TOKEN' --stage dev --subscription billing", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			found, err := s.PullTopicEvents(ctx, t, sub, in)
			if err != nil {
				return err
			}
			if err := g.taken(found.Events, sub, !done); err != nil {
				return err
			}
			tokens := make([]string, 0, len(found.Events))
			for _, e := range found.Events {
				tokens = append(tokens, e.Token)
			}
			if !done || len(tokens) == 0 {
				return nil
			}
			return s.AcknowledgeTopicEvents(ctx, t, sub, apiclient.AcknowledgeTopicEventsRequest{Done: tokens})
		})
	g.subscriptionFlag(c, &sub)
	command.Number(c, &in.Limit, "max", 10, "how many at most", 1, 100)
	command.Number(c, &in.WaitSeconds, "wait", 5, "how many seconds to wait for the first", 0, 30)
	c.Flags().BoolVar(&done, "ack", false, "acknowledge what was shown")
	return c
}

// taken shows events that were pulled, with the tokens that acknowledge them where that is for
// the user to do; programs get a list, which may be empty.
func (g *group) taken(all []apiclient.TopicEvent, sub string, withToken bool) error {
	return g.Print(append([]apiclient.TopicEvent{}, all...), func(w io.Writer) {
		for _, e := range all {
			token := ""
			if withToken {
				token = e.Token
			}
			printed(w, e, token)
		}
		if len(all) == 0 {
			g.Say("no event waits for %s", sub)
		}
	})
}

func acknowledge(g *group) *cobra.Command {
	var sub string
	c := g.about("ack TOPIC TOKEN...", "Acknowledge events that were pulled", "terrace topic ack orders 'TOKEN' --stage dev --subscription billing", cobra.MinimumNArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, tokens []string) error {
			if err := s.AcknowledgeTopicEvents(ctx, t, sub, apiclient.AcknowledgeTopicEventsRequest{Done: tokens}); err != nil {
				return err
			}
			return g.told(len(tokens), "acknowledged", "acknowledged")
		})
	g.subscriptionFlag(c, &sub)
	return c
}

func giveBack(g *group) *cobra.Command {
	var sub string
	var delay int64
	c := g.about("nak TOPIC TOKEN...", "Give back events that were pulled: they come again, or become dead letters", "terrace topic nak orders 'TOKEN' --stage dev --subscription billing --delay 60", cobra.MinimumNArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, tokens []string) error {
			if err := s.AcknowledgeTopicEvents(ctx, t, sub, apiclient.AcknowledgeTopicEventsRequest{Failed: tokens, DelaySeconds: delay}); err != nil {
				return err
			}
			return g.told(len(tokens), "returned", "given back")
		})
	g.subscriptionFlag(c, &sub)
	command.Number(c, &delay, "delay", 0, "after how many seconds they come again; at once unless given", 0, 3600)
	return c
}

// told says how many events something was done with.
func (g *group) told(n int, name, done string) error {
	return g.Print(map[string]any{name: n}, func(w io.Writer) {
		events := "events are"
		if n == 1 {
			events = "event is"
		}
		_, _ = fmt.Fprintf(w, "%d %s %s\n", n, events, done)
	})
}

// subscriptionFlag has a command name the subscription, which the topic's own are offered for.
func (g *group) subscriptionFlag(c *cobra.Command, sub *string) {
	c.Flags().StringVar(sub, "subscription", "", "the subscription, which is one that is pulled")
	_ = c.MarkFlagRequired("subscription") // the flag was made above
	_ = c.RegisterFlagCompletionFunc("subscription", func(c *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		offered := g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
			if len(args) == 0 {
				return nil, nil
			}
			all, err := s.TopicSubscriptions(ctx, apiclient.TopicAt{Project: project, Stage: g.stage, Name: args[0]})
			words := make([]string, 0, len(all))
			for _, one := range all {
				words = append(words, one.Name)
			}
			return words, err
		})
		return command.ForFlag(offered)(c, args, word)
	})
}

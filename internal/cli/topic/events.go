package topic

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func remove(g *group) *cobra.Command {
	var yes bool
	c := g.about("delete TOPIC", "Delete a topic with its events, schemas, grants and subscriptions", "terrace topic delete orders --stage dev", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			if err := g.Confirm(yes, "Delete topic "+t.Name+" of "+t.Stage+" with its events?"); err != nil {
				return err
			}
			if err := s.DeleteTopic(ctx, t); err != nil {
				return err
			}
			return g.Print(map[string]any{"topic": t.Name, "deleted": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is deleted\n", t.Name) })
		})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func tail(g *group) *cobra.Command {
	var q apiclient.PeekTopicEventsParams
	var follow bool
	c := g.about("tail TOPIC", "Show the newest events of a topic, without taking them from anybody", "terrace topic tail orders --stage dev --follow", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			for {
				found, err := s.PeekTopicEvents(ctx, t, q)
				if err != nil {
					return err
				}
				for _, e := range found.Events {
					if err := g.line(e); err != nil {
						return err
					}
				}
				if !follow {
					return nil
				}
				q.From = max(q.From, found.Next, 1)
				if err := command.Pause(ctx, time.Second); err != nil {
					return err
				}
			}
		})
	command.Number(c, &q.Limit, "limit", 20, "how many at most", 1, 100)
	command.Number(c, &q.From, "from", 0, "the offset of the first event; the newest unless given", 0, 1<<53)
	command.Number(c, &q.Partition, "partition", 0, "the partition", 0, 255)
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes")
	return c
}

// line shows an event.
func (g *group) line(e apiclient.TopicEvent) error {
	return g.PrintLine(e, func(w io.Writer) { printed(w, e, "") })
}

// printed writes an event for people, with the token that acknowledges it, if any.
func printed(w io.Writer, e apiclient.TopicEvent, token string) {
	data, _ := json.Marshal(e.Event["data"]) // it came as JSON
	if token != "" {
		token += " "
	}
	_, _ = fmt.Fprintf(w, "%d %s %v %v %s%s\n", e.Offset, e.StoredAt.Local().Format("01-02 15:04:05"), e.Event["type"], e.Event["id"], token, data)
}

func lag(g *group) *cobra.Command {
	return g.about("lag TOPIC", "Show how far behind the subscriptions of a topic are", "terrace topic lag orders --stage dev", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			all, err := s.TopicSubscriptions(ctx, t)
			if err != nil {
				return err
			}
			found := make([]apiclient.DescribedTopicSubscription, 0, len(all))
			for _, one := range all {
				full, err := s.TopicSubscription(ctx, t, one.Name)
				if err != nil {
					return err
				}
				found = append(found, full)
			}
			return g.Print(found, func(w io.Writer) { g.behind(w, t, found) })
		})
}

// behind tells how far subscriptions of a topic are behind, and how many dead letters all of them
// have together: the topic of dead letters is one.
func (g *group) behind(w io.Writer, t apiclient.TopicAt, all []apiclient.DescribedTopicSubscription) {
	output.List(w, all, []string{"SUBSCRIPTION", "MODE", "STATUS", "PENDING", "IN FLIGHT", "OLDEST"}, func(d apiclient.DescribedTopicSubscription) []string {
		oldest := ""
		if d.Lag.OldestAt != nil {
			oldest = output.Age(g.Clock.Now(), *d.Lag.OldestAt)
		}
		return []string{d.Name, string(d.Mode), string(d.Status), fmt.Sprint(d.Lag.Pending), fmt.Sprint(d.Lag.InFlight), oldest}
	})
	if len(all) > 0 {
		_, _ = fmt.Fprintf(w, "dead letters of the topic: %d\n", all[0].Lag.Dead)
	}
	if len(all) > 0 && all[0].Lag.Dead > 0 {
		_, _ = fmt.Fprintf(w, "see them with: terrace topic dead %s --stage %s\n", t.Name, t.Stage)
	}
}

func replay(g *group) *cobra.Command {
	var at time.Time
	var offset, partition int64
	var deadLetters bool
	c := g.about("replay TOPIC SUBSCRIPTION", "Have a subscription begin again, or its dead letters delivered again", "terrace topic replay orders billing --stage dev --since 2h\nterrace topic replay orders billing --stage dev --dead", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			in := apiclient.ReplayTopicSubscriptionRequest{Dead: deadLetters, Partition: partition}
			if !at.IsZero() {
				in.At = &at
			}
			if offset > 0 {
				in.Offset = offset
			}
			if err := s.ReplayTopicSubscription(ctx, t, args[0], in); err != nil {
				return err
			}
			return g.Print(map[string]any{"subscription": args[0], "replayed": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s begins again\n", args[0]) })
		})
	g.Moment(c, &at, "since", "the moment from which on events come again")
	command.Number(c, &offset, "offset", 0, "the offset from which on events come again", 0, 1<<53)
	command.Number(c, &partition, "partition", 0, "the partition of the offset", 0, 255)
	c.Flags().BoolVar(&deadLetters, "dead", false, "have its dead letters delivered again")
	c.MarkFlagsOneRequired("since", "offset", "dead")
	c.MarkFlagsMutuallyExclusive("since", "offset", "dead")
	return c
}

func dead(g *group) *cobra.Command {
	var q apiclient.ListTopicDeadLettersParams
	c := g.about("dead TOPIC", "Show the dead letters of a topic, the oldest first", "terrace topic dead orders --stage dev --subscription billing", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			found, err := s.TopicDeadLetters(ctx, t, q)
			return command.PrintFound(g.Env, found.Events, err, []string{"PARTITION", "OFFSET", "EVENT", "TYPE", "SUBSCRIPTION", "ATTEMPTS", "REASON"}, func(e apiclient.TopicEvent) []string {
				text := func(name string) string { s, _ := e.Event[name].(string); return s }
				return []string{fmt.Sprint(e.Partition), fmt.Sprint(e.Offset), text("id"), text("type"), text("deadlettersubscription"), text("deadletterattempts"), text("deadletterreason")}
			})
		})
	c.Flags().StringVar(&q.Subscription, "subscription", "", "only those of this subscription")
	command.Number(c, &q.Partition, "partition", 0, "the partition to begin at; those after it follow", 0, 255)
	command.Number(c, &q.From, "from", 0, "the offset to begin at", 0, 1<<53)
	command.Number(c, &q.Limit, "limit", 50, "how many are looked at", 1, 100)
	return c
}

// wholeSeconds is a length of time as the API takes it.
func wholeSeconds(name string, d time.Duration) (int64, error) {
	if d%time.Second != 0 {
		return 0, exit.Wrong("--%s %s is not in whole seconds", name, d).WithFix("write it such as 1h or 90s")
	}
	return int64(d / time.Second), nil
}

package topic

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func subscriptions(g *group) *cobra.Command {
	list := g.about("list TOPIC", "List the subscriptions of a topic", "terrace topic subscription list orders --stage dev", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			all, err := s.TopicSubscriptions(ctx, t)
			return command.PrintFound(g.Env, all, err, []string{"SUBSCRIPTION", "MODE", "STATUS", "FOR", "TO", "REASON"}, func(one apiclient.TopicSubscription) []string {
				return []string{one.Name, string(one.Mode), string(one.Status), whose(one.Project, one.Workload), one.URL, output.Told(g.Clock.Now(), one.Reason)}
			})
		})
	return command.Group("subscription", "Durable consumers of a topic: pulled, or posted to an address", list, subscribe(g),
		g.onSubscription("pause", "Stop deliveries; events wait", func(ctx context.Context, s command.Server, t apiclient.TopicAt, name string) (any, error) {
			return s.PauseTopicSubscription(ctx, t, name, "")
		}, "is paused"),
		g.onSubscription("resume", "Deliver what waits and what comes", func(ctx context.Context, s command.Server, t apiclient.TopicAt, name string) (any, error) {
			return s.ResumeTopicSubscription(ctx, t, name)
		}, "is active"),
		g.onSubscription("delete", "Delete a subscription; what waits for it is lost to it", func(ctx context.Context, s command.Server, t apiclient.TopicAt, name string) (any, error) {
			return map[string]any{"subscription": name, "deleted": true}, s.DeleteTopicSubscription(ctx, t, name)
		}, "is deleted"), rotateSecret(g))
}

// onSubscription makes a command that does one thing with a subscription.
func (g *group) onSubscription(verb, short string, do func(ctx context.Context, s command.Server, t apiclient.TopicAt, name string) (any, error), done string) *cobra.Command {
	return g.about(verb+" TOPIC SUBSCRIPTION", short, "terrace topic subscription "+verb+" orders billing --stage dev", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			out, err := do(ctx, s, t, args[0])
			if err != nil {
				return err
			}
			return g.Print(out, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s %s\n", args[0], done) })
		})
}

func whose(project, workload string) string {
	if workload == "" {
		return project
	}
	return project + "/" + workload
}

func subscribe(g *group) *cobra.Command {
	var in apiclient.TopicSubscriptionSettings
	var from apiclient.TopicFrom
	c := g.about("apply TOPIC SUBSCRIPTION", "Create a subscription, or change its settings", "terrace topic subscription apply orders billing --stage dev --type shop.order.placed\nterrace topic subscription apply orders chat --stage dev --url https://chat.example.com/hook", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			made, err := s.ApplyTopicSubscription(ctx, t, args[0], from, in)
			if err != nil {
				return err
			}
			return g.Print(made, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is a subscription of %s (%s)\n", made.Name, t.Name, made.Mode)
				if made.Secret != "" {
					_, _ = fmt.Fprintf(w, "posts are signed with %s\nIt is shown this once; see Standard Webhooks for how to verify.\n", made.Secret)
				}
			})
		})
	f := c.Flags()
	f.StringArrayVar(&in.Types, "type", nil, "only this type of events; several are any of them")
	f.StringVar(&in.URL, "url", "", "where events are posted; they are pulled unless given")
	f.StringVar(&in.Project, "consumer", "", "the project of who consumes; the topic's unless given")
	f.StringVar(&in.Workload, "workload", "", "the workload that consumes")
	command.Number(c, &in.MaxDeliveries, "max-deliveries", 0, "how often an event is delivered before it is a dead letter; 10 unless given", 0, 100)
	command.Number(c, &in.AckWaitSeconds, "ack-wait", 0, "after how many seconds without an answer an event comes again; 30 unless given", 0, 3600)
	command.Number(c, &in.MaxInFlight, "max-in-flight", 0, "how many events may be out at a time; 100 unless given", 0, 1000)
	command.Choice(c, &from, "from", apiclient.TopicFromNew, "where a new one begins", apiclient.TopicFromNew, apiclient.TopicFromOldest)
	return c
}

func rotateSecret(g *group) *cobra.Command {
	return g.about("rotate TOPIC SUBSCRIPTION", "Give a subscription another signing secret; posts carry both signatures for a day", "terrace topic subscription rotate orders chat --stage dev", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			made, err := s.RotateTopicSubscription(ctx, t, args[0])
			if err != nil {
				return err
			}
			return g.Print(made, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "posts are signed with %s, too\nIt is shown this once.\n", made.Secret)
			})
		})
}

func grants(g *group) *cobra.Command {
	list := g.about("list TOPIC", "List who may use a topic with the broker's own protocol", "terrace topic grant list orders --stage dev", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			all, err := s.TopicGrants(ctx, t)
			return command.PrintFound(g.Env, all, err, []string{"GRANT", "FOR", "MAY", "USER", "CREDENTIALS", "BY", "STATE"}, func(one apiclient.TopicGrant) []string {
				user := ""
				if len(one.Credentials) > 0 {
					user = one.Credentials[0].Username
				}
				return []string{one.Name, whose(one.Project, one.Workload), may(one.Publish, one.Consume), user, fmt.Sprint(len(one.Credentials)), one.CreatedBy, ending(one, g.Clock.Now())}
			})
		})
	return command.Group("grant", "Who may use a topic with the broker's own protocol", list, createGrant(g), rotateGrant(g), revokeGrant(g))
}

// ending tells that a grant was revoked, but opens its topic until the broker has heard of it.
func ending(g apiclient.TopicGrant, now time.Time) string {
	for _, c := range g.Credentials {
		if c.Until == nil || now.Before(*c.Until) {
			return ""
		}
	}
	return "revoked; ends once its broker answers"
}

func may(publish, consume bool) string {
	switch {
	case publish && consume:
		return "publish, consume"
	case publish:
		return "publish"
	}
	return "consume"
}

// shown prints a credential, this once.
func (g *group) shown(made apiclient.TopicCreatedGrant) error {
	return g.Print(made, func(w io.Writer) {
		output.Pairs(w, "grant", made.Name, "may", may(made.Publish, made.Consume), "user", made.Credentials[0].Username, "password", made.Password)
		_, _ = fmt.Fprintln(w, "The password is shown this once.")
	})
}

func createGrant(g *group) *cobra.Command {
	var in apiclient.CreateTopicGrantRequest
	c := g.about("create TOPIC GRANT", "Let a program use a topic; its password is shown this once", "terrace topic grant create orders checkout --stage dev --publish --workload checkout", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			in.Name = args[0]
			made, err := s.CreateTopicGrant(ctx, t, in)
			if err != nil {
				return err
			}
			return g.shown(made)
		})
	c.Flags().BoolVar(&in.Publish, "publish", false, "it may publish")
	c.Flags().BoolVar(&in.Consume, "consume", false, "it may consume")
	c.Flags().StringVar(&in.Project, "consumer", "", "the project of who gets it; the topic's unless given")
	c.Flags().StringVar(&in.Workload, "workload", "", "the workload that gets it")
	c.MarkFlagsOneRequired("publish", "consume")
	return c
}

func rotateGrant(g *group) *cobra.Command {
	var overlap time.Duration
	c := g.about("rotate TOPIC GRANT", "Give a grant another user and password; those before end with the overlap", "terrace topic grant rotate orders checkout --stage dev --overlap 1h", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			seconds, err := wholeSeconds("overlap", overlap)
			if err != nil {
				return err
			}
			made, err := s.RotateTopicGrant(ctx, t, args[0], seconds)
			if err != nil {
				return err
			}
			return g.shown(made)
		})
	command.DurationWithin(c.Flags(), &overlap, "overlap", 0, time.Second, 30*24*time.Hour, "how long the credentials before open the topic still; they end at once unless given")
	return c
}

func revokeGrant(g *group) *cobra.Command {
	return g.about("revoke TOPIC GRANT", "Revoke a grant, and cut off who is connected by it", "terrace topic grant revoke orders checkout --stage dev", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			if err := s.RevokeTopicGrant(ctx, t, args[0]); err != nil {
				return err
			}
			return g.Print(map[string]any{"grant": args[0], "revoked": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "grant %s is revoked\n", args[0]) })
		})
}

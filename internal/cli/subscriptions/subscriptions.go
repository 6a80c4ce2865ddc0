// Package subscriptions has the commands terrace subscription …: where events
// are sent, and what became of them there.
//
// It owns their flags and tables. What may be done is the server's to say.
package subscriptions

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// group is what the commands share.
type group struct {
	*command.Env

	tenant bool
}

// Command returns terrace subscription.
func Command(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	c := command.Group("subscription", "Send events on to webhooks, NATS and Kafka",
		create(g), list(g), show(g), test(g), pause(g), resume(g), rotate(g), remove(g), deliveries(g), redeliver(g))
	c.PersistentFlags().BoolVar(&g.tenant, "tenant", false, "the tenant's subscriptions, of every project's events, not the project's")
	return c
}

// about makes a command about one subscription.
func (g *group) about(use, short, example string, run func(ctx context.Context, s command.Server, project, name string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: "  " + example, Args: cobra.ExactArgs(1), ValidArgsFunction: g.Subscriptions(),
		RunE: g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			return run(ctx, s, project, args[0])
		}),
	}
}

func list(g *group) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List subscriptions", Args: cobra.NoArgs, Example: "  terrace subscription list\n  terrace subscription list --tenant",
		RunE: g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Subscriptions(ctx, project)
			var failing map[string]apiclient.SubscriptionDelivery
			if err == nil && g.Format == output.Table {
				failing, err = inVain(ctx, s, project, all)
			}
			return command.PrintFound(g.Env, all, err, []string{"NAME", "STATUS", "SINK", "AGE", "REASON"}, func(one apiclient.Subscription) []string {
				status, reason := string(one.Status), one.Reason
				if d, fails := failing[one.Name]; fails {
					status, reason = "failing", said(d)
				}
				return []string{one.Name, status, where(one.Sink), output.Age(g.Clock.Now(), one.CreatedAt), output.Told(g.Clock.Now(), reason)}
			})
		}),
	}
}

// inVain has, by name, the event of each active subscription that its sink does not take
// and all others wait for.
func inVain(ctx context.Context, s command.Server, project string, all []apiclient.Subscription) (map[string]apiclient.SubscriptionDelivery, error) {
	failing := map[string]apiclient.SubscriptionDelivery{}
	for _, one := range all {
		if one.Status != apiclient.SubscriptionStatusActive {
			continue
		}
		tried, err := s.Deliveries(ctx, project, one.Name, apiclient.SubscriptionDeliveryStatusRetrying, 1)
		if err != nil {
			return nil, err
		}
		if len(tried) > 0 {
			failing[one.Name] = tried[0]
		}
	}
	return failing, nil
}

// said tells how an event fares that a sink does not take.
func said(d apiclient.SubscriptionDelivery) string {
	return fmt.Sprintf("tried %d times since %s: %s", d.Attempts, d.FirstAt.Format(time.RFC3339), either(d.Problem, d.Answer))
}

// where says where a sink is.
func where(s apiclient.SubscriptionSink) string {
	switch {
	case s.Webhook != nil:
		return s.Webhook.URL
	case s.Nats != nil && s.Nats.Topic != "":
		return "topic " + s.Nats.Topic + " in " + s.Nats.Stage
	case s.Nats != nil:
		return s.Nats.URL + " " + s.Nats.Subject
	case s.Kafka != nil:
		return "kafka " + strings.Join(s.Kafka.Brokers, ",") + " " + s.Kafka.Topic
	default:
		return ""
	}
}

func show(g *group) *cobra.Command {
	return g.about("show NAME", "Show a subscription", "terrace subscription show chat",
		func(ctx context.Context, s command.Server, project, name string) error {
			one, err := s.Subscription(ctx, project, name)
			if err != nil {
				return err
			}
			failing, err := inVain(ctx, s, project, []apiclient.Subscription{one})
			if err != nil {
				return err
			}
			return g.Print(one, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s  %s\nsink: %s\ntried for: %d h\nmade by %s %s ago\n", one.Name, one.Status, where(one.Sink), one.RetryHours, one.CreatedBy.Name, output.Age(g.Clock.Now(), one.CreatedAt))
				if one.SecretReference != "" {
					_, _ = fmt.Fprintf(w, "secret: %s, read as %s\n", one.SecretReference, one.SecretReferenceBy)
				}
				if one.Reason != "" {
					_, _ = fmt.Fprintf(w, "paused: %s\n", output.Told(g.Clock.Now(), one.Reason))
				}
				if d, fails := failing[name]; fails {
					_, _ = fmt.Fprintf(w, "failing: %s\n", output.Told(g.Clock.Now(), said(d)))
				}
				for _, f := range one.Filters {
					_, _ = fmt.Fprintf(w, "filter: %s\n", describe(f))
				}
			})
		})
}

func test(g *group) *cobra.Command {
	return g.about("test NAME", "Send one event and tell what the sink answers", "terrace subscription test chat",
		func(ctx context.Context, s command.Server, project, name string) error {
			t, err := s.TestSubscription(ctx, project, name)
			if err != nil {
				return err
			}
			return g.Print(t, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "event %s was taken in %d ms: %s\n", t.Event, t.Millis, t.Answer)
			})
		})
}

func pause(g *group) *cobra.Command {
	var reason string
	c := g.about("pause NAME", "Stop deliveries; events wait, for seven days", "terrace subscription pause chat --reason 'the receiver moves'",
		func(ctx context.Context, s command.Server, project, name string) error {
			one, err := s.PauseSubscription(ctx, project, name, reason)
			if err != nil {
				return err
			}
			return g.Print(one, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is paused\n", one.Name) })
		})
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

func resume(g *group) *cobra.Command {
	return g.about("resume NAME", "Deliver what waits and what comes", "terrace subscription resume chat",
		func(ctx context.Context, s command.Server, project, name string) error {
			one, err := s.ResumeSubscription(ctx, project, name)
			if err != nil {
				return err
			}
			dead, err := s.Deliveries(ctx, project, name, apiclient.SubscriptionDeliveryStatusDead, 1)
			if err != nil {
				return err
			}
			return g.Print(one, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is active\n", one.Name)
				if len(dead) > 0 {
					_, _ = fmt.Fprintf(w, "events were put aside before; terrace subscription redeliver %s --dead sends them again\n", one.Name)
				}
			})
		})
}

func remove(g *group) *cobra.Command {
	var yes bool
	c := g.about("delete NAME", "Delete a subscription with what is kept of its deliveries", "terrace subscription delete chat",
		func(ctx context.Context, s command.Server, project, name string) error {
			if err := g.Confirm(yes, "Delete the subscription "+name+"?"); err != nil {
				return err
			}
			if err := s.DeleteSubscription(ctx, project, name); err != nil {
				return err
			}
			return g.Print(map[string]any{"subscription": name, "deleted": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is deleted\n", name) })
		})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func rotate(g *group) *cobra.Command {
	var given bool
	c := g.about("rotate NAME", "Give a subscription another secret", "terrace subscription rotate chat",
		func(ctx context.Context, s command.Server, project, name string) error {
			secret, err := g.given(given)
			if err != nil {
				return err
			}
			created, err := s.RotateSubscription(ctx, project, name, secret)
			if err != nil {
				return err
			}
			return g.Print(created, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s has another secret\n", name)
				writeSecret(w, created.Secret)
				if created.Secret != "" {
					_, _ = fmt.Fprintln(w, "for a day webhooks carry the signature of the former one, too")
				}
			})
		})
	secretFlag(c, &given)
	return c
}

func secretFlag(c *cobra.Command, given *bool) {
	c.Flags().BoolVar(given, "secret", false, "read the password, the token or the signing secret from TERRACE_SINK_SECRET, the terminal or the input")
}

func (g *group) given(given bool) (string, error) {
	if !given {
		return "", nil
	}
	return g.Secret("TERRACE_SINK_SECRET", "Secret")
}

func writeSecret(w io.Writer, secret string) {
	if secret != "" {
		_, _ = fmt.Fprintf(w, "signing secret, shown this once: %s\n", secret)
	}
}

func deliveries(g *group) *cobra.Command {
	var status string
	var limit int64
	c := g.about("deliveries NAME", "List what became of events, the newest first", "terrace subscription deliveries chat --status dead",
		func(ctx context.Context, s command.Server, project, name string) error {
			all, err := s.Deliveries(ctx, project, name, apiclient.SubscriptionDeliveryStatus(status), limit)
			return command.PrintFound(g.Env, all, err, []string{"EVENT", "TYPE", "STATUS", "ATTEMPTS", "AGE", "ANSWER"}, func(d apiclient.SubscriptionDelivery) []string {
				return []string{d.Event, strings.TrimPrefix(d.Type, typePrefix), string(d.Status), fmt.Sprint(d.Attempts), output.Age(g.Clock.Now(), d.At), either(d.Problem, d.Answer)}
			})
		})
	command.Choice(c, &status, "status", "", "only those that are so", "delivered", "retrying", "dead", "queued")
	command.Limit(c, &limit)
	return c
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func redeliver(g *group) *cobra.Command {
	var dead bool
	c := &cobra.Command{
		Use: "redeliver NAME [EVENT...]", Short: "Send events again", Args: cobra.MinimumNArgs(1), ValidArgsFunction: g.Subscriptions(),
		Example: "  terrace subscription redeliver chat evt_01…\n  terrace subscription redeliver chat --dead",
		RunE: g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			if dead == (len(args) > 1) {
				return exit.Wrong("it is not clear which events are meant").WithFix("name the events, or give --dead for every dead delivery")
			}
			n, err := s.Redeliver(ctx, project, args[0], args[1:])
			if err != nil {
				return err
			}
			return g.Print(map[string]any{"queued": n}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d will be sent again; see terrace subscription deliveries %s\n", n, args[0])
			})
		}),
	}
	c.Flags().BoolVar(&dead, "dead", false, "every dead delivery")
	return c
}

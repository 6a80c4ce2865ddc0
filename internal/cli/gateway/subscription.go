package gateway

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func subscriptions(e *command.Env) *cobra.Command {
	c := command.Group("subscription", "Subscriptions to products, with their keys and what they use",
		subscribe(e), subscriptionList(e), subscriptionShow(e),
		step(e, apiclient.ApproveSubscription, "Approve a subscription that somebody else asked for", "It is active from then on: its keys count."),
		step(e, apiclient.RejectSubscription, "Reject a subscription that waits for an approval", "Nothing follows on it: who wants one still subscribes anew."),
		step(e, apiclient.SuspendSubscription, "Have the keys of a subscription count no more, until it is resumed", "Its callers get 403 with why, on each replica within seconds."),
		step(e, apiclient.ResumeSubscription, "Have the keys of a suspended subscription count again", "What it used of its quotas is as it was."),
		cancel(e), regenerate(e), usage(e))
	c.Aliases = []string{"sub"}
	return c
}

func subscribe(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var in apiclient.CreateGatewaySubscriptionRequest
	var until time.Time
	var project, account, user string
	c := g.ofStage(&cobra.Command{
		Use: "create PRODUCT", Short: "Subscribe to a plan of a product, and get its two keys", Args: cobra.ExactArgs(1),
		Long: "--project and --stage name the product. The consumer is that project unless another, a service account or a user\n" +
			"is named. The keys are shown this once; where the plan wants an approval, they count from then on.",
		Example: "  terrace gateway subscription create orders --stage prod --plan gold --for-project billing --reason 'monthly invoices'\n" +
			"  terrace gateway subscription create orders --stage dev --for-service-account robot --expires 30d -o json",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, args []string) error {
		in.Product = args[0]
		in.Consumer = consumerOf(project, account, user)
		if !until.IsZero() {
			in.EndsAt = &until
		}
		made, err := s.CreateGatewaySubscription(ctx, at, in)
		if err != nil {
			return err
		}
		return e.Print(made, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "subscription %s to %s, plan %s, is %s\n", made.Name, made.Product, made.Plan, made.State)
			writeKeys(w, made.Keys)
		})
	})
	f := c.Flags()
	f.StringVar(&in.Plan, "plan", "", "the plan; may be left out where the product has one alone")
	f.StringVar(&in.Name, "name", "", "the subscription's name; the consumer's by default")
	f.StringVar(&project, "for-project", "", "the `project` that subscribes; that of the product by default")
	f.StringVar(&account, "for-service-account", "", "the service `account` that subscribes")
	f.StringVar(&user, "for-user", "", "the `user` who subscribes")
	c.MarkFlagsMutuallyExclusive("for-project", "for-service-account", "for-user")
	e.Coming(c, &until, "expires", "when it expires; never by default")
	f.StringVar(&in.Reason, "reason", "", "what it is for; who approves reads it")
	c.ValidArgsFunction = g.productNames()
	return c
}

func consumerOf(project, account, user string) *apiclient.GatewayConsumer {
	switch {
	case project != "":
		return &apiclient.GatewayConsumer{Kind: apiclient.ProductConsumerKindProject, Name: project}
	case account != "":
		return &apiclient.GatewayConsumer{Kind: apiclient.ProductConsumerKindService, Name: account}
	case user != "":
		return &apiclient.GatewayConsumer{Kind: apiclient.ProductConsumerKindUser, Name: user}
	}
	return nil
}

func writeKeys(w io.Writer, k apiclient.ProductKeys) {
	_, _ = fmt.Fprintln(w, "Keep what follows now: it is shown this once.")
	if k.Primary != "" {
		output.Pairs(w, "primary key", k.Primary)
	}
	if k.Secondary != "" {
		output.Pairs(w, "secondary key", k.Secondary)
	}
}

func subscriptionList(e *command.Env) *cobra.Command {
	var everywhere bool
	var p apiclient.ListGatewaySubscriptionsParams
	c := &cobra.Command{
		Use: "list", Short: "List subscriptions, the newest first", Args: cobra.NoArgs,
		Long:    "They are those to products of the project. With --tenant it is all that you see: to products of every project that\nyou read, and of your projects to products of others.",
		Example: "  terrace gateway subscription list --stage prod --state submitted\n  terrace gateway subscription list --tenant --product orders -o json",
		RunE: e.InScope(&everywhere, func(ctx context.Context, s command.Server, project string, _ []string) error {
			p.Project = project
			all, err := s.GatewaySubscriptions(ctx, p)
			return command.PrintFound(e, all, err, []string{"NAME", "PRODUCT", "PLAN", "STATE", "CONSUMER", "OF", "EXPIRES", "AGE"}, func(s apiclient.GatewaySubscription) []string {
				return []string{s.Name, s.Product, s.Plan, string(s.State), string(s.Consumer.Kind) + "/" + s.Consumer.Name, s.Project + "/" + s.Stage, stamp(s.EndsAt), output.Age(e.Clock.Now(), s.Requested.At)}
			})
		}),
	}
	c.Flags().BoolVar(&everywhere, "tenant", false, "of all projects that you see")
	e.StageFlag(c, &p.Stage, "stage", "on this stage alone", false)
	c.Flags().StringVar(&p.Product, "product", "", "to this product alone")
	command.Choice(c, &p.State, "state", "", "in this state alone", apiclient.ProductStateSubmitted, apiclient.ProductStateActive, apiclient.ProductStateSuspended,
		apiclient.ProductStateRejected, apiclient.ProductStateCancelled, apiclient.ProductStateExpired)
	return c
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return output.Stamp(*t)
}

// ofSubscription makes a command about one subscription.
func (g *group) ofSubscription(c *cobra.Command, run func(ctx context.Context, s command.Server, at apiclient.GatewayScope, name string) error) *cobra.Command {
	c.ValidArgsFunction = g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
		all, err := s.GatewaySubscriptions(ctx, apiclient.ListGatewaySubscriptionsParams{Project: project, Stage: g.stage})
		return named(all, func(s apiclient.GatewaySubscription) string { return s.Name }), err
	})
	c.Args = cobra.ExactArgs(1)
	return g.ofStage(c, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, args []string) error {
		return run(ctx, s, at, args[0])
	})
}

func subscriptionShow(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.ofSubscription(&cobra.Command{
		Use: "show NAME", Short: "Show a subscription",
		Long:    "NAME is its name or its id. Its keys cannot be shown: nobody has them but who was told.",
		Example: "  terrace gateway subscription show billing --stage prod",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, name string) error {
		sub, err := s.GatewaySubscription(ctx, at, name)
		if err != nil {
			return err
		}
		return e.Print(sub, func(w io.Writer) { showSubscription(w, sub) })
	})
}

func showSubscription(w io.Writer, s apiclient.GatewaySubscription) {
	output.Pairs(w, "subscription", s.Name, "id", s.ID, "of", s.Project+"/"+s.Stage, "product", s.Product, "plan", s.Plan, "state", string(s.State),
		"consumer", string(s.Consumer.Kind)+"/"+s.Consumer.Name, "asked for", decision(&s.Requested), "decided", decision(s.Decided), "changed", decision(s.Changed),
		"expires", stamp(s.EndsAt), "primary key", "of "+output.Stamp(s.PrimaryKeyAt), "secondary key", "of "+output.Stamp(s.SecondaryKeyAt))
}

func decision(d *apiclient.ProductDecision) string {
	if d == nil {
		return ""
	}
	text := output.Stamp(d.At) + " by " + d.By
	if d.Reason != "" {
		text += ": " + d.Reason
	}
	return text
}

func step(e *command.Env, which apiclient.SubscriptionStep, short, long string) *cobra.Command {
	g := &group{Env: e}
	var reason string
	c := g.ofSubscription(&cobra.Command{
		Use: string(which) + " NAME", Short: short, Long: long,
		Example: "  terrace gateway subscription " + string(which) + " billing --stage prod --reason 'as agreed'",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, name string) error {
		sub, err := s.ChangeGatewaySubscription(ctx, at, name, which, reason)
		return is(e, sub, err)
	})
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	return c
}

// is tells the state of a subscription.
func is(e *command.Env, s apiclient.GatewaySubscription, err error) error {
	if err != nil {
		return err
	}
	return e.Print(s, func(w io.Writer) { _, _ = fmt.Fprintf(w, "subscription %s to %s is %s\n", s.Name, s.Product, s.State) })
}

func cancel(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var yes bool
	var reason string
	c := g.ofSubscription(&cobra.Command{
		Use: "cancel NAME", Short: "End a subscription for ever",
		Long:    "Its keys count no more, and nothing follows on it.",
		Example: "  terrace gateway subscription cancel billing --stage prod --yes",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, name string) error {
		if err := e.Confirm(yes, "Cancel the subscription "+name+"?"); err != nil {
			return err
		}
		sub, err := s.ChangeGatewaySubscription(ctx, at, name, apiclient.CancelSubscription, reason)
		return is(e, sub, err)
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	return c
}

func regenerate(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var key apiclient.ProductKeyName
	var reason string
	c := g.ofSubscription(&cobra.Command{
		Use: "regenerate-key NAME", Short: "Make one of a subscription's two keys anew",
		Long: "The former key counts no more, on each replica within seconds; the other one goes on. So clients change to the\n" +
			"secondary key, the primary is made anew, and they change back, without a pause. The new key is shown this once.",
		Example: "  terrace gateway subscription regenerate-key billing --stage prod --key primary --reason 'it was in a log'",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, name string) error {
		made, err := s.RegenerateGatewaySubscriptionKey(ctx, at, name, key, reason)
		if err != nil {
			return err
		}
		return e.Print(made, func(w io.Writer) { writeKeys(w, made.Keys) })
	})
	command.Choice(c, &key, "key", "", "which of the two", apiclient.ProductKeyNamePrimary, apiclient.ProductKeyNameSecondary)
	_ = c.MarkFlagRequired("key") // the flag was made above
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	return c
}

func usage(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	p := apiclient.GetGatewaySubscriptionUsageParams{}
	c := g.ofSubscription(&cobra.Command{
		Use: "usage NAME", Short: "Show what a subscription used, and how it stands to its quotas",
		Long:    "Periods are those of the calendar, in UTC. The last seconds may be missing. Hours are kept for 60 days.",
		Example: "  terrace gateway subscription usage billing --stage prod\n  terrace gateway subscription usage billing --stage prod --per hour --limit 24 -o json",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, name string) error {
		p.Project, p.Stage = at.Project, at.Stage
		u, err := s.GatewaySubscriptionUsage(ctx, name, p)
		if err != nil {
			return err
		}
		return e.Print(u, func(w io.Writer) { showUsage(w, u) })
	})
	command.Choice(c, &p.Period, "per", apiclient.ProductPeriodDay, "of which length the periods are", apiclient.ProductPeriodHour, apiclient.ProductPeriodDay, apiclient.ProductPeriodWeek, apiclient.ProductPeriodMonth)
	command.Number(c, &p.Limit, "limit", 31, "of how many periods, the newest first", 1, 1500)
	return c
}

func showUsage(w io.Writer, u apiclient.ProductUsed) {
	if len(u.Quotas) > 0 {
		output.List(w, u.Quotas, []string{"QUOTA", "USED", "LIMIT", "USED %", "UNTIL"}, func(q apiclient.ProductStanding) []string {
			return []string{quota(q.Quota), strconv.FormatInt(q.Used, 10), strconv.FormatInt(q.Limit, 10), strconv.FormatFloat(100*float64(q.Used)/float64(max(1, q.Limit)), 'f', 1, 64), output.Stamp(q.Until)}
		})
		_, _ = fmt.Fprintln(w)
	}
	output.List(w, u.History, []string{"FROM", "CALLS", "BYTES", "REFUSED"}, func(h apiclient.ProductUsage) []string {
		return []string{output.Stamp(h.From), strconv.FormatInt(h.Calls, 10), strconv.FormatInt(h.Bytes, 10), strconv.FormatInt(h.Refused, 10)}
	})
}

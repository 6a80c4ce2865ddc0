// Package topic has the commands terrace topic …: topics of workloads, what their events carry,
// who may use them, and the subscriptions that consume them.
//
// It owns flags and tables, and checks documents offline. What a topic may be, and who may do
// what with it, is the server's.
package topic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// group is what the commands share.
type group struct {
	*command.Env

	stage string
}

// Command returns terrace topic.
func Command(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return command.Group("topic", "Topics of workloads: events with schemas, grants and subscriptions",
		list(g), brokers(g), show(g), apply(g), check(g), remove(g), publish(g), tail(g), pull(g), acknowledge(g), giveBack(g), lag(g), replay(g), dead(g), schemas(g), asyncAPI(g), bridges(g), subscriptions(g), grants(g))
}

// about makes a command about a topic of a stage.
func (g *group) about(use, short, example string, args cobra.PositionalArgs, run func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Example: "  " + strings.ReplaceAll(example, "\n", "\n  "), Args: args, ValidArgsFunction: g.names(),
		RunE: g.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			return run(ctx, s, apiclient.TopicAt{Project: project, Stage: g.stage, Name: args[0]}, args[1:])
		}),
	}
	g.StageFlag(c, &g.stage, "stage", "the stage of the topic", true)
	return c
}

// names offers the topics of the stage.
func (g *group) names() command.Completion {
	return g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
		all, err := s.Topics(ctx, project, g.stage)
		words := make([]string, 0, len(all))
		for _, t := range all {
			words = append(words, t.Name)
		}
		return words, err
	})
}

func list(g *group) *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List topics", Aliases: []string{"ls"}, Args: cobra.NoArgs, Example: "  terrace topic list\n  terrace topic list --stage dev -o json",
		RunE: g.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Topics(ctx, project, g.stage)
			return command.PrintFound(g.Env, all, err, []string{"TOPIC", "STAGE", "BROKER", "KEPT", "VALIDATION", "COMPATIBILITY", "OWNER", "FOR"}, func(t apiclient.Topic) []string {
				return []string{t.Name, t.Stage, t.Broker, kept(t.RetentionSeconds), word(t.Validation), word(t.Compatibility), t.Owner, standing(t)}
			})
		}),
	}
	g.StageFlag(c, &g.stage, "stage", "only of this stage", false)
	return c
}

// kept is how long events are kept, for people.
func kept(seconds int64) string { return command.Length(time.Duration(seconds) * time.Second) }

func word[T ~string](w *T) string {
	if w == nil {
		return ""
	}
	return string(*w)
}

// standing says what a topic is for.
func standing(t apiclient.Topic) string {
	switch {
	case t.DeadLettersOf != "":
		return "dead letters of " + t.DeadLettersOf
	case t.Managed:
		return "a workload's resource"
	}
	return ""
}

func show(g *group) *cobra.Command {
	return g.about("show TOPIC", "Show a topic, and how much it holds", "terrace topic show orders --stage dev", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			one, err := s.Topic(ctx, t)
			if err != nil {
				return err
			}
			return g.Print(one, func(w io.Writer) {
				output.Pairs(w, "topic", one.Name, "stage", one.Stage, "owner", one.Owner, "description", one.Description, "broker", one.Broker, "at", strings.Join(one.Addresses, ", "), "subject", one.Subject, "account", one.Account, "daemon", one.Home,
					"kept", kept(one.RetentionSeconds), "validation", word(one.Validation), "compatibility", word(one.Compatibility),
					"partitions", fmt.Sprint(one.Partitions), "replicas", fmt.Sprint(one.Replicas), "events", fmt.Sprint(one.Messages), "bytes", fmt.Sprint(one.Bytes), "problem", one.Problem)
			})
		})
}

// document reads a file, whose stage counts unless a flag says another.
func (g *group) document(path string) (topicdoc.Document, error) {
	src, err := g.ReadSource(path, topicdoc.MaxDocument)
	if err != nil {
		return topicdoc.Document{}, err
	}
	return topicdoc.Read(path, src)
}

func apply(g *group) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use: "apply FILE", Short: "Make a topic and its schemas be as a document says", Args: cobra.ExactArgs(1),
		Long:    "A schema that is not compatible with the version before, by the topic's rule, is refused; nothing of the document is applied then.\nSchemas that a document no longer has stay.",
		Example: "  terrace topic apply topics/orders.yaml\n  terrace topic apply orders.yaml --stage test --dry-run",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := g.document(args[0]) // before a server is asked
			if err != nil {
				return err
			}
			return g.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
				return g.applyDocument(ctx, s, project, d, dryRun)
			})(c, args)
		},
	}
	g.StageFlag(c, &g.stage, "stage", "the stage, in place of the document's", false)
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only tell what of the schemas would break, and end as the apply would")
	return c
}

func (g *group) applyDocument(ctx context.Context, s command.Server, project string, d topicdoc.Document, dryRun bool) error {
	stage := g.stage
	if stage == "" {
		stage = d.Stage
	}
	if stage == "" {
		return exit.Wrong("the stage is missing").WithFix("write stage: dev into the document, or give --stage")
	}
	t := apiclient.TopicAt{Project: project, Stage: stage, Name: d.Name}
	if err := carried(ctx, s, d); err != nil {
		return err
	}
	told, err := g.registered(ctx, s, t, d, true)
	if err != nil {
		return g.report(told, err)
	}
	if slices.ContainsFunc(told, func(r apiclient.TopicRegistered) bool { return len(r.Breaks) > 0 }) { // also of a dry run
		return g.report(told, kernel.Errorf(kernel.Refused, "schemas of topic %s are not compatible with the versions before", d.Name).WithFix("change them so that nothing breaks, or give the events another type"))
	}
	if dryRun {
		return g.report(told, nil)
	}
	_, err = s.ApplyTopic(ctx, t, settings(d))
	if refused, is := errors.AsType[*kernel.Error](err); is && refused.Kind == kernel.Invalid {
		d.Locate(refused.Problems)
	}
	if err != nil {
		return err
	}
	told, err = g.registered(ctx, s, t, d, false)
	return g.report(told, err)
}

// carried refuses a document whose broker there is not.
func carried(ctx context.Context, s command.Server, d topicdoc.Document) error {
	if d.Broker == "" {
		return nil
	}
	all, err := s.TopicBrokers(ctx)
	if err != nil || slices.ContainsFunc(all, func(b apiclient.TopicBrokerState) bool { return b.Name == d.Broker }) {
		return err
	}
	problems := []kernel.Problem{{Path: "broker", Message: fmt.Sprintf("there is no broker %q", d.Broker), Fix: "see those that there are with: terrace topic brokers"}}
	d.Locate(problems)
	return kernel.Errorf(kernel.Invalid, "topic %s is not valid", d.Name).WithProblems(problems...)
}

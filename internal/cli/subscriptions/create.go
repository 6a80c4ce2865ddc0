package subscriptions

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

const typePrefix = "dev.terrace."

// maxFilters bounds a file of filters, in bytes.
const maxFilters = 64 << 10

// wish is what the flags of create say.
type wish struct {
	types, subjects []string
	stage, filters  string
	retry           int64
	secret, binary  bool

	webhook, nats, natsSubject, topic, topicStage, kafka, kafkaTopic, user, mechanism string
	headers                                                                           []string
	timeout                                                                           int64
	jetStream, tls                                                                    bool
}

func create(g *group) *cobra.Command {
	var w wish
	c := &cobra.Command{
		Use: "create NAME", Short: "Send events on to a webhook, NATS or Kafka", Args: cobra.ExactArgs(1),
		Long: "Events from now on are sent, in their order and at least once. --type takes types such as run.failed, with\n" +
			"a star at the end or the beginning for prefixes and suffixes; --filters takes a file with expressions of the\n" +
			"CloudEvents Subscriptions API. Webhooks are signed as Standard Webhooks; the answer has the secret, this once.",
		Example: "  terrace subscription create chat --webhook https://example.com/hook --type run.failed --type 'release.*'\n" +
			"  terrace subscription create pager --webhook https://example.com/v1/events --header 'Authorization: Bearer ${secret:prod/pager}'\n" +
			"  terrace subscription create orders --topic changes --topic-stage dev --stage dev\n" +
			"  terrace subscription create lake --tenant --kafka broker:9093 --kafka-topic changes --tls --user app --mechanism scram-sha-512 --secret",
		RunE: g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			filters, err := w.filter()
			if err != nil {
				return err
			}
			secret, err := g.given(w.secret)
			if err != nil {
				return err
			}
			sink, err := w.sink()
			if err != nil {
				return err
			}
			in := apiclient.CreateSubscriptionRequest{Name: args[0], Filters: filters, Sink: sink, RetryHours: w.retry, Secret: secret}
			created, err := s.CreateSubscription(ctx, project, in)
			if err != nil {
				return err
			}
			return g.Print(created, func(out io.Writer) {
				_, _ = fmt.Fprintf(out, "%s is sent events from now on; try it with: terrace subscription test %s\n", where(created.Subscription.Sink), args[0])
				writeSecret(out, created.Secret)
			})
		}),
	}
	w.flags(g, c)
	return c
}

func (w *wish) flags(g *group, c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&w.types, "type", nil, "a type of events, such as run.failed or 'run.*'; several are any of them")
	f.StringArrayVar(&w.subjects, "subject", nil, "what it happened to, with the same stars")
	g.StageFlag(c, &w.stage, "stage", "the stage it happened in", false)
	f.StringVar(&w.filters, "filters", "", "a JSON file with filters of the CloudEvents Subscriptions API")
	command.Number(c, &w.retry, "retry-hours", 24, "how long one event is tried", 1, 72)
	f.BoolVar(&w.binary, "binary", false, "attributes as headers, the data alone as the content")
	secretFlag(c, &w.secret)
	f.StringVar(&w.webhook, "webhook", "", "the address to post to; a secret in its path is a reference")
	f.StringArrayVar(&w.headers, "header", nil, "a header of the webhook, 'NAME: VALUE'; a secret in it is a reference")
	command.Number(c, &w.timeout, "timeout", 10, "how long a webhook's answer may take, in seconds", 1, 60)
	f.StringVar(&w.topic, "topic", "", "a topic of Terrace's own NATS server, of the project")
	g.StageFlag(c, &w.topicStage, "topic-stage", "the stage of the topic", false)
	f.StringVar(&w.nats, "nats", "", "another NATS server: nats://host:4222 or tls://host:4222")
	f.StringVar(&w.natsSubject, "nats-subject", "", "the subject there")
	f.BoolVar(&w.jetStream, "jetstream", false, "wait until a stream there has the event")
	f.StringVar(&w.kafka, "kafka", "", "brokers of a Kafka cluster: host:port,host:port")
	f.StringVar(&w.kafkaTopic, "kafka-topic", "", "the topic there")
	f.BoolVar(&w.tls, "tls", false, "speak TLS with Kafka")
	f.StringVar(&w.user, "user", "", "the user of NATS or Kafka; --secret reads the password")
	command.Choice(c, &w.mechanism, "mechanism", "", "how to sign in to Kafka", "plain", "scram-sha-256", "scram-sha-512")
	c.MarkFlagsOneRequired("webhook", "topic", "nats", "kafka")
	c.MarkFlagsMutuallyExclusive("webhook", "topic", "nats", "kafka")
	_ = c.RegisterFlagCompletionFunc("type", g.EventTypes(true)) // the flag was made above
}

func (w *wish) mode() *apiclient.SubscriptionMode {
	mode := apiclient.SubscriptionModeStructured
	if w.binary {
		mode = apiclient.SubscriptionModeBinary
	}
	return &mode
}

func (w *wish) sink() (s apiclient.SubscriptionSink, err error) {
	switch {
	case w.webhook != "":
		s.Webhook = &apiclient.SubscriptionWebhook{URL: w.webhook, Timeout: w.timeout, Mode: w.mode()}
		s.Webhook.Headers, err = w.sent()
	case w.topic != "":
		s.Nats = &apiclient.SubscriptionNATS{Topic: w.topic, Stage: w.topicStage, Mode: w.mode()}
	case w.nats != "":
		s.Nats = &apiclient.SubscriptionNATS{URL: w.nats, Subject: w.natsSubject, Username: w.user, JetStream: w.jetStream, Mode: w.mode()}
	default:
		s.Kafka = &apiclient.SubscriptionKafka{Brokers: strings.Split(w.kafka, ","), Topic: w.kafkaTopic, TLS: w.tls, Username: w.user, Mode: w.mode()}
		if w.mechanism != "" {
			m := apiclient.SubscriptionMechanism(w.mechanism)
			s.Kafka.Mechanism = &m
		}
	}
	return s, err
}

// sent are the headers of a webhook, by name.
func (w *wish) sent() (map[string]string, error) {
	headers := map[string]string{}
	for _, h := range w.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return nil, exit.Wrong("%q is no header", h).WithFix("write 'NAME: VALUE', such as 'Authorization: Bearer ${secret:STAGE/NAME}'")
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return headers, nil
}

// filter puts the flags into filters that must all hold.
func (w *wish) filter() ([]apiclient.SubscriptionFilter, error) {
	var all []apiclient.SubscriptionFilter
	if w.filters != "" {
		text, err := command.Read(w.filters, maxFilters)
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&all); err != nil {
			return nil, command.InFile(w.filters, "write it as in docs/guide/events.md", "it is no list of filters: %v", err)
		}
	}
	types := make([]string, len(w.types))
	for i, t := range w.types {
		types[i] = full(t)
	}
	all = append(all, anyOf("type", types)...)
	all = append(all, anyOf("subject", w.subjects)...)
	if w.stage != "" {
		all = append(all, pattern("stage", w.stage))
	}
	return all, nil
}

// full completes a type: run.failed is dev.terrace.run.failed.
func full(t string) string {
	if strings.HasPrefix(t, "*") || strings.HasPrefix(t, typePrefix) {
		return t
	}
	return typePrefix + t
}

func anyOf(attribute string, patterns []string) []apiclient.SubscriptionFilter {
	var all []apiclient.SubscriptionFilter
	for _, p := range patterns {
		all = append(all, pattern(attribute, p))
	}
	if len(all) < 2 {
		return all
	}
	return []apiclient.SubscriptionFilter{{Any: all}}
}

// pattern is a filter of one attribute; a star at an end leaves that end open.
func pattern(attribute, p string) apiclient.SubscriptionFilter {
	start, end := strings.HasPrefix(p, "*"), strings.HasSuffix(p, "*")
	p = strings.TrimSuffix(strings.TrimPrefix(p, "*"), "*")
	switch {
	case end:
		return apiclient.SubscriptionFilter{Prefix: map[string]string{attribute: p}}
	case start:
		return apiclient.SubscriptionFilter{Suffix: map[string]string{attribute: p}}
	default:
		return apiclient.SubscriptionFilter{Exact: map[string]string{attribute: p}}
	}
}

func describe(f apiclient.SubscriptionFilter) string {
	b, _ := json.Marshal(f) // strings only
	return string(b)
}

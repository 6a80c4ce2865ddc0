// Package topicapi serves topics, their schemas, grants and subscriptions, and their events,
// over HTTP.
//
// It owns paths and wire types. It decides nothing; topic does.
package topicapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/schema"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves topics.
type API struct{ Topics *topic.Service }

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What becomes of an event that breaks its schema.", topicdoc.Validations()...)
	httpserver.Enum(api, "What has to hold between versions of a schema.", schema.Compatibilities()...)
	httpserver.Enum(api, "Who cannot read what somebody else writes.", schema.Audiences()...)
	httpserver.Enum(api, "How events reach who wants them.", topic.Pull, topic.Push)
	httpserver.Enum(api, "Whether a subscription of a topic delivers.", topic.Active, topic.Paused)
	httpserver.Enum(api, "What protocol a broker of topics speaks.", topic.NATS, topic.Kafka)
	a.registerBrokers(api)
	a.registerDescriptions(api)
	a.registerBridges(api)
	httpserver.Register(api, operation("list-topics", http.MethodGet, "", "List the topics of a project that are seen"), a.list)
	httpserver.Register(api, operation("get-topic", http.MethodGet, "/{topic}", "Get a topic, and how much it holds"), a.get)
	httpserver.Register(api, operation("apply-topic", http.MethodPut, "/{topic}", "Create a topic, or change its settings"), a.apply)
	httpserver.Register(api, operation("delete-topic", http.MethodDelete, "/{topic}", "Delete a topic with its events, schemas, grants and subscriptions"), a.remove)
	a.registerSchemas(api)
	a.registerEvents(api)
	a.registerGrants(api)
	a.registerSubscriptions(api)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/topics" + path, Summary: summary, Tags: []string{"topics"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

// Path names a topic.
type Path struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Topic   string `path:"topic" maxLength:"63" doc:"The topic's name."`
	Stage   string `query:"stage" required:"true" maxLength:"63" doc:"The topic's stage."`
}

// scope is the stage of the topic.
func (p Path) scope(ctx context.Context) (kernel.Scope, error) {
	scope, err := httpserver.Scope(ctx, p.Project)
	return scope.InStage(p.Stage), err
}

// Topic is a topic of a stage.
type Topic struct {
	topic.Topic

	Stage string `json:"stage"`
	// Account is the topic's name at the broker.
	Account string `json:"account" doc:"The name of the topic at the broker, and the prefix of its users."`
	// Addresses are where programs reach its broker.
	Addresses []string `json:"addresses" doc:"Where programs reach the broker of the topic; none where only another daemon has it."`
}

// DescribedTopic is a topic with what it holds.
type DescribedTopic struct {
	Topic

	Messages uint64 `json:"messages" doc:"How many events are kept."`
	Bytes    uint64 `json:"bytes" doc:"How large they are together; 0 where the broker does not say."`
	Ends     []Ends `json:"ends" doc:"The ends of each partition."`
	Problem  string `json:"problem,omitempty" doc:"Why the broker does not tell what it holds."`
}

// Ends are the offset of a partition's oldest event, and the one that the next gets.
type Ends struct {
	First uint64 `json:"first"`
	Next  uint64 `json:"next"`
}

func (a API) topicOf(t topic.Topic) Topic {
	return Topic{Topic: t, Stage: t.Scope.Stage, Account: t.Account(), Addresses: a.Topics.Addresses(t)}
}

type listInput struct {
	httpserver.PageParams

	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Stage   string `query:"stage" maxLength:"63" doc:"Only those of this stage."`
}

type listOutput struct{ Body kernel.Page[Topic] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Topics.List(ctx, scope.InStage(in.Stage), in.Page())
	if err != nil {
		return nil, err
	}
	out := kernel.Page[Topic]{Items: []Topic{}, Next: page.Next}
	for _, t := range page.Items {
		out.Items = append(out.Items, a.topicOf(t))
	}
	return &listOutput{out}, nil
}

type describedOutput struct{ Body DescribedTopic }

func (a API) get(ctx context.Context, in *Path) (*describedOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	t, err := a.Topics.Get(ctx, scope, in.Topic)
	if err != nil {
		return nil, err
	}
	problem := ""
	stats, away := a.Topics.Stats(ctx, scope, in.Topic)
	if away != nil {
		problem = away.Error()
	}
	out := DescribedTopic{Topic: a.topicOf(t), Messages: stats.Messages, Bytes: stats.Bytes, Ends: []Ends{}, Problem: problem}
	for _, e := range stats.Partitions {
		out.Ends = append(out.Ends, Ends{e.First, e.Next})
	}
	return &describedOutput{out}, nil
}

type applyInput struct {
	Path
	Body topic.Settings
}

type topicOutput struct{ Body Topic }

func (a API) apply(ctx context.Context, in *applyInput) (*topicOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	t, err := a.Topics.Apply(ctx, scope, in.Topic, in.Body)
	return &topicOutput{a.topicOf(t)}, err
}

func (a API) remove(ctx context.Context, in *Path) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Topics.Delete(ctx, scope, in.Topic)
}

package topicapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxPublish bounds what is published at once, in bytes.
const maxPublish = 4 << 20

func (a API) registerEvents(api huma.API) {
	publish := operation("publish-topic-events", http.MethodPost, "/{topic}/events", "Publish CloudEvents into a topic, all or none")
	publish.Description = "One event as application/cloudevents+json, a batch as application/cloudevents-batch+json, or one whose attributes are headers such as ce-id. " +
		"Events are held against the schemas of the topic; those of one partitionkey, or else of one subject, keep their order."
	publish = httpserver.UploadOperation(publish, "*/*", maxPublish) // in the binary mode data is of any type
	httpserver.Register(api, publish, a.publish)
	httpserver.Register(api, operation("peek-topic-events", http.MethodGet, "/{topic}/events", "Show events of a topic, without taking them from anybody; the newest unless an offset is given"), a.peek)
	httpserver.Register(api, operation("list-topic-dead-letters", http.MethodGet, "/{topic}/dead-letters", "Show the dead letters of a topic, the oldest first"), a.deadLetters)
}

type publishInput struct {
	Path
	httpserver.Upload

	header http.Header
}

// Resolve takes the headers, which may be the attributes of an event, and the body.
func (p *publishInput) Resolve(ctx huma.Context) []error {
	p.header = http.Header{}
	ctx.EachHeader(func(name, value string) { p.header.Add(name, value) })
	return p.Upload.Resolve(ctx)
}

// PublishedEvents is where events lie.
type PublishedEvents struct {
	Events []topic.Published `json:"events"`
}

type publishOutput struct{ Body PublishedEvents }

func (a API) publish(ctx context.Context, in *publishInput) (*publishOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Topics.MayPublish(ctx, scope, in.Topic); err != nil { // before it is read
		return nil, err
	}
	body, err := io.ReadAll(in.Reader())
	if err != nil {
		return nil, err
	}
	events, err := cloudevent.Parse(in.header, body)
	if err != nil {
		return nil, err
	}
	done, err := a.Topics.Publish(ctx, scope, in.Topic, events)
	return &publishOutput{PublishedEvents{done}}, err
}

// TopicEvents are events that are shown or handed out.
type TopicEvents struct {
	Events []TopicEvent `json:"events"`
	// Next is the offset to go on at; it is not there after the last.
	Next uint64 `json:"next,omitempty" doc:"The offset to go on at."`
	// Partition is where Next is, of dead letters.
	Partition int `json:"partition,omitempty" doc:"The partition to go on at."`
}

// TopicEvent is an event with its place.
type TopicEvent struct {
	topic.Received

	Event map[string]any `json:"event" doc:"The CloudEvent in its JSON form; data_base64 has what is no text."`
}

func eventsOf(all []topic.Received) []TopicEvent {
	out := make([]TopicEvent, len(all))
	for i, r := range all {
		out[i] = TopicEvent{Received: r, Event: r.Event.Map()}
	}
	return out
}

type peekInput struct {
	Path
	Partition int    `query:"partition" minimum:"0" maximum:"255" doc:"The partition; 0 unless given."`
	From      uint64 `query:"from" doc:"The offset of the first event; the newest are shown unless given."`
	Limit     int    `query:"limit" minimum:"1" maximum:"100" doc:"How many at most; 50 unless given."`
}

type eventsOutput struct{ Body TopicEvents }

func (a API) peek(ctx context.Context, in *peekInput) (*eventsOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.Topics.Peek(ctx, scope, in.Topic, in.Partition, in.From, limit(in.Limit))
	out := TopicEvents{Events: eventsOf(all)}
	if len(all) > 0 {
		out.Next = all[len(all)-1].Offset + 1
	}
	return &eventsOutput{out}, err
}

func limit(n int) int {
	if n == 0 {
		return 50
	}
	return n
}

type deadInput struct {
	Path
	Subscription string `query:"subscription" maxLength:"63" doc:"Only those of this subscription."`
	Partition    int    `query:"partition" minimum:"0" maximum:"255" doc:"The partition to begin at; those after it follow."`
	From         uint64 `query:"from" doc:"The offset to begin at."`
	Limit        int    `query:"limit" minimum:"1" maximum:"100" doc:"How many are looked at; 50 unless given."`
}

func (a API) deadLetters(ctx context.Context, in *deadInput) (*eventsOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	all, next, err := a.Topics.ListDead(ctx, scope, in.Topic, in.Subscription, broker.Position{Partition: in.Partition, Offset: in.From}, limit(in.Limit))
	out := TopicEvents{Events: eventsOf(all)}
	if next != nil {
		out.Next, out.Partition = next.Offset, next.Partition
	}
	return &eventsOutput{out}, err
}

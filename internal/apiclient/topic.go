package apiclient

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

// TopicAt names a topic of a stage.
type TopicAt struct{ Project, Stage, Name string }

// path is where something of the topic is.
func (t TopicAt) path(segments ...string) string {
	return query(escape(append([]string{"projects", t.Project, "topics", t.Name}, segments...)...), GetTopicParams{Stage: t.Stage})
}

// Topics returns the topics of a project that are seen, those of one stage where it is named.
func (c *Client) Topics(ctx context.Context, project, stage string) ([]Topic, error) {
	return all[Topic](ctx, c, query(escape("projects", project, "topics"), ListTopicsParams{Stage: stage}))
}

// TopicBrokers returns the brokers that topics may be on, and how they are.
func (c *Client) TopicBrokers(ctx context.Context) ([]TopicBrokerState, error) {
	return all[TopicBrokerState](ctx, c, escape("topic-brokers"))
}

// Topic returns a topic, and how much it holds.
func (c *Client) Topic(ctx context.Context, t TopicAt) (DescribedTopic, error) {
	var out DescribedTopic
	return out, c.call(ctx, http.MethodGet, t.path(), nil, &out)
}

// TopicDocument returns a topic as an AsyncAPI document.
func (c *Client) TopicDocument(ctx context.Context, t TopicAt) (map[string]any, error) {
	var out map[string]any
	return out, c.call(ctx, http.MethodGet, t.path("asyncapi"), nil, &out)
}

// TopicsDocument returns the topics of a stage as one AsyncAPI document.
func (c *Client) TopicsDocument(ctx context.Context, project, stage string) (map[string]any, error) {
	var out map[string]any
	return out, c.call(ctx, http.MethodGet, query(escape("projects", project, "asyncapi"), GetTopicParams{Stage: stage}), nil, &out)
}

// ApplyTopic creates a topic, or changes its settings.
func (c *Client) ApplyTopic(ctx context.Context, t TopicAt, in TopicdocSettings) (Topic, error) {
	var out Topic
	return out, c.call(ctx, http.MethodPut, t.path(), in, &out)
}

// DeleteTopic deletes a topic with all that belongs to it.
func (c *Client) DeleteTopic(ctx context.Context, t TopicAt) error {
	return c.call(ctx, http.MethodDelete, t.path(), nil, nil)
}

// TopicSchemas returns the schemas of the events of a topic, by type and version.
func (c *Client) TopicSchemas(ctx context.Context, t TopicAt) ([]EventSchema, error) {
	return all[EventSchema](ctx, c, t.path("schemas"))
}

// TopicSchema returns a version of a schema, the newest for 0.
func (c *Client) TopicSchema(ctx context.Context, t TopicAt, eventType string, version int64) (EventSchema, error) {
	var out EventSchema
	return out, c.call(ctx, http.MethodGet, t.path("schemas", eventType, strconv.FormatInt(version, 10)), nil, &out)
}

// RegisterTopicSchema registers a version of a schema, or tells what would break.
func (c *Client) RegisterTopicSchema(ctx context.Context, t TopicAt, in RegisterTopicSchemaRequest) (TopicRegistered, error) {
	var out TopicRegistered
	return out, c.call(ctx, http.MethodPost, t.path("schemas"), in, &out)
}

// PublishTopicEvents publishes what is one event, or a batch, by its media type.
func (c *Client) PublishTopicEvents(ctx context.Context, t TopicAt, mediaType string, body []byte) (PublishedEvents, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var out PublishedEvents
	res, err := c.send(ctx, http.MethodPost, t.path("events"), mediaType, bytes.NewReader(body), int64(len(body))) //nolint:bodyclose // drain closes it
	if err != nil {
		return out, err
	}
	defer drain(res.Body)
	return out, decode(res, &out)
}

// PeekTopicEvents shows events of a topic.
func (c *Client) PeekTopicEvents(ctx context.Context, t TopicAt, q PeekTopicEventsParams) (TopicEvents, error) {
	q.Stage = t.Stage
	var out TopicEvents
	return out, c.call(ctx, http.MethodGet, query(escape("projects", t.Project, "topics", t.Name, "events"), q), nil, &out)
}

// TopicDeadLetters shows the dead letters of a topic.
func (c *Client) TopicDeadLetters(ctx context.Context, t TopicAt, q ListTopicDeadLettersParams) (TopicEvents, error) {
	q.Stage = t.Stage
	var out TopicEvents
	return out, c.call(ctx, http.MethodGet, query(escape("projects", t.Project, "topics", t.Name, "dead-letters"), q), nil, &out)
}

// TopicGrants returns who may use a topic with the broker's own protocol.
func (c *Client) TopicGrants(ctx context.Context, t TopicAt) ([]TopicGrant, error) {
	return all[TopicGrant](ctx, c, t.path("grants"))
}

// CreateTopicGrant lets a program use a topic; the answer has its password.
func (c *Client) CreateTopicGrant(ctx context.Context, t TopicAt, in CreateTopicGrantRequest) (TopicCreatedGrant, error) {
	var out TopicCreatedGrant
	return out, c.call(ctx, http.MethodPost, t.path("grants"), in, &out)
}

// RotateTopicGrant gives a grant another credential; those before end with the overlap, in
// seconds.
func (c *Client) RotateTopicGrant(ctx context.Context, t TopicAt, grant string, overlap int64) (TopicCreatedGrant, error) {
	var out TopicCreatedGrant
	return out, c.call(ctx, http.MethodPost, t.path("grants", grant, "credentials"), RotateTopicGrantRequest{OverlapSeconds: overlap}, &out)
}

// RevokeTopicGrant revokes a grant, and cuts off who is connected by it.
func (c *Client) RevokeTopicGrant(ctx context.Context, t TopicAt, grant string) error {
	return c.call(ctx, http.MethodDelete, t.path("grants", grant), nil, nil)
}

// TopicSubscriptions returns the subscriptions of a topic.
func (c *Client) TopicSubscriptions(ctx context.Context, t TopicAt) ([]TopicSubscription, error) {
	return all[TopicSubscription](ctx, c, t.path("subscriptions"))
}

// TopicSubscription returns a subscription, and how far behind it is.
func (c *Client) TopicSubscription(ctx context.Context, t TopicAt, name string) (DescribedTopicSubscription, error) {
	var out DescribedTopicSubscription
	return out, c.call(ctx, http.MethodGet, t.path("subscriptions", name), nil, &out)
}

// ApplyTopicSubscription creates a subscription, beginning at from, or changes its settings.
func (c *Client) ApplyTopicSubscription(ctx context.Context, t TopicAt, name string, from TopicFrom, in TopicSubscriptionSettings) (TopicSubscribed, error) {
	var out TopicSubscribed
	path := query(escape("projects", t.Project, "topics", t.Name, "subscriptions", name), ApplyTopicSubscriptionParams{Stage: t.Stage, From: from})
	return out, c.call(ctx, http.MethodPut, path, in, &out)
}

// DeleteTopicSubscription deletes a subscription.
func (c *Client) DeleteTopicSubscription(ctx context.Context, t TopicAt, name string) error {
	return c.call(ctx, http.MethodDelete, t.path("subscriptions", name), nil, nil)
}

// PauseTopicSubscription stops deliveries.
func (c *Client) PauseTopicSubscription(ctx context.Context, t TopicAt, name, reason string) (TopicSubscription, error) {
	var out TopicSubscription
	return out, c.call(ctx, http.MethodPost, t.path("subscriptions", name, "pause"), PauseTopicSubscription{Reason: reason}, &out)
}

// ResumeTopicSubscription delivers what waits and what comes.
func (c *Client) ResumeTopicSubscription(ctx context.Context, t TopicAt, name string) (TopicSubscription, error) {
	var out TopicSubscription
	return out, c.call(ctx, http.MethodPost, t.path("subscriptions", name, "resume"), nil, &out)
}

// RotateTopicSubscription gives a subscription another signing secret.
func (c *Client) RotateTopicSubscription(ctx context.Context, t TopicAt, name string) (TopicSubscribed, error) {
	var out TopicSubscribed
	return out, c.call(ctx, http.MethodPost, t.path("subscriptions", name, "credentials"), nil, &out)
}

// PullTopicEvents takes events of a subscription.
func (c *Client) PullTopicEvents(ctx context.Context, t TopicAt, name string, in PullTopicEventsRequest) (TopicEvents, error) {
	var out TopicEvents
	wait := time.Duration(in.WaitSeconds) * time.Second
	return out, c.callWithin(ctx, callTimeout+wait, http.MethodPost, t.path("subscriptions", name, "pull"), in, &out)
}

// AcknowledgeTopicEvents says what became of events that were pulled.
func (c *Client) AcknowledgeTopicEvents(ctx context.Context, t TopicAt, name string, in AcknowledgeTopicEventsRequest) error {
	return c.call(ctx, http.MethodPost, t.path("subscriptions", name, "acknowledgements"), in, nil)
}

// ReplayTopicSubscription has a subscription begin again.
func (c *Client) ReplayTopicSubscription(ctx context.Context, t TopicAt, name string, in ReplayTopicSubscriptionRequest) error {
	return c.call(ctx, http.MethodPost, t.path("subscriptions", name, "replay"), in, nil)
}

// TopicBridges returns the bridges that take events of a topic to others.
func (c *Client) TopicBridges(ctx context.Context, t TopicAt) ([]TopicBridge, error) {
	return all[TopicBridge](ctx, c, t.path("bridges"))
}

// TopicBridge returns a bridge, and how far behind it is.
func (c *Client) TopicBridge(ctx context.Context, t TopicAt, name string) (DescribedTopicBridge, error) {
	var out DescribedTopicBridge
	return out, c.call(ctx, http.MethodGet, t.path("bridges", name), nil, &out)
}

// ApplyTopicBridge creates a bridge, or changes it.
func (c *Client) ApplyTopicBridge(ctx context.Context, t TopicAt, name string, in TopicBridgeSettings) (TopicBridge, error) {
	var out TopicBridge
	return out, c.call(ctx, http.MethodPut, t.path("bridges", name), in, &out)
}

// DeleteTopicBridge deletes a bridge.
func (c *Client) DeleteTopicBridge(ctx context.Context, t TopicAt, name string) error {
	return c.call(ctx, http.MethodDelete, t.path("bridges", name), nil, nil)
}

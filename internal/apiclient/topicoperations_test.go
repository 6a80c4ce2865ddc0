package apiclient_test

import (
	"context"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// topicCalls are those about topics.
func topicCalls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	e := func(_ any, err error) error { return err }
	at := apiclient.TopicAt{Project: "shop", Stage: "dev", Name: "orders"}
	return map[string]func() error{
		"Topics":         func() error { return e(c.Topics(ctx, "shop", "dev")) },
		"TopicBrokers":   func() error { return e(c.TopicBrokers(ctx)) },
		"TopicDocument":  func() error { return e(c.TopicDocument(ctx, at)) },
		"TopicsDocument": func() error { return e(c.TopicsDocument(ctx, "shop", "dev")) },
		"TopicBridges":   func() error { return e(c.TopicBridges(ctx, at)) },
		"TopicBridge":    func() error { return e(c.TopicBridge(ctx, at, "copy")) },
		"ApplyTopicBridge": func() error {
			return e(c.ApplyTopicBridge(ctx, at, "copy", apiclient.TopicBridgeSettings{To: "other"}))
		},
		"DeleteTopicBridge":   func() error { return c.DeleteTopicBridge(ctx, at, "copy") },
		"Topic":               func() error { return e(c.Topic(ctx, at)) },
		"ApplyTopic":          func() error { return e(c.ApplyTopic(ctx, at, apiclient.TopicdocSettings{})) },
		"DeleteTopic":         func() error { return c.DeleteTopic(ctx, at) },
		"TopicSchemas":        func() error { return e(c.TopicSchemas(ctx, at)) },
		"TopicSchema":         func() error { return e(c.TopicSchema(ctx, at, "shop.order.placed", 2)) },
		"RegisterTopicSchema": func() error { return e(c.RegisterTopicSchema(ctx, at, apiclient.RegisterTopicSchemaRequest{})) },
		"PublishTopicEvents": func() error {
			return e(c.PublishTopicEvents(ctx, at, "application/cloudevents+json", []byte("{}")))
		},
		"PeekTopicEvents":    func() error { return e(c.PeekTopicEvents(ctx, at, apiclient.PeekTopicEventsParams{From: 3})) },
		"TopicDeadLetters":   func() error { return e(c.TopicDeadLetters(ctx, at, apiclient.ListTopicDeadLettersParams{From: 3})) },
		"TopicGrants":        func() error { return e(c.TopicGrants(ctx, at)) },
		"CreateTopicGrant":   func() error { return e(c.CreateTopicGrant(ctx, at, apiclient.CreateTopicGrantRequest{})) },
		"RotateTopicGrant":   func() error { return e(c.RotateTopicGrant(ctx, at, "checkout", 60)) },
		"RevokeTopicGrant":   func() error { return c.RevokeTopicGrant(ctx, at, "checkout") },
		"TopicSubscriptions": func() error { return e(c.TopicSubscriptions(ctx, at)) },
		"TopicSubscription":  func() error { return e(c.TopicSubscription(ctx, at, "billing")) },
		"ApplyTopicSubscription": func() error {
			return e(c.ApplyTopicSubscription(ctx, at, "billing", apiclient.TopicFromOldest, apiclient.TopicSubscriptionSettings{}))
		},
		"DeleteTopicSubscription": func() error { return c.DeleteTopicSubscription(ctx, at, "billing") },
		"PauseTopicSubscription":  func() error { return e(c.PauseTopicSubscription(ctx, at, "billing", "it moves")) },
		"ResumeTopicSubscription": func() error { return e(c.ResumeTopicSubscription(ctx, at, "billing")) },
		"RotateTopicSubscription": func() error { return e(c.RotateTopicSubscription(ctx, at, "billing")) },
		"PullTopicEvents":         func() error { return e(c.PullTopicEvents(ctx, at, "billing", apiclient.PullTopicEventsRequest{})) },
		"AcknowledgeTopicEvents": func() error {
			return c.AcknowledgeTopicEvents(ctx, at, "billing", apiclient.AcknowledgeTopicEventsRequest{})
		},
		"ReplayTopicSubscription": func() error {
			return c.ReplayTopicSubscription(ctx, at, "billing", apiclient.ReplayTopicSubscriptionRequest{Dead: true})
		},
	}
}

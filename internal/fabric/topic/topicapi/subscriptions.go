package topicapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerSubscriptions(api huma.API) {
	httpserver.Enum(api, "Where a new subscription begins.", topic.FromNew, topic.FromOldest)
	const one = "/{topic}/subscriptions/{subscription}"
	httpserver.Register(api, operation("list-topic-subscriptions", http.MethodGet, "/{topic}/subscriptions", "List the subscriptions of a topic"), a.subscriptions)
	httpserver.Register(api, operation("get-topic-subscription", http.MethodGet, one, "Get a subscription, and how far behind it is"), a.subscription)
	httpserver.Register(api, operation("apply-topic-subscription", http.MethodPut, one, "Create a subscription, or change its settings; the secret of a new one that is posted is shown this once"), a.subscribe)
	httpserver.Register(api, operation("delete-topic-subscription", http.MethodDelete, one, "Delete a subscription; what waits for it is lost to it"), a.unsubscribe)
	httpserver.Register(api, operation("pause-topic-subscription", http.MethodPost, one+"/pause", "Stop deliveries; events wait"), a.pause)
	httpserver.Register(api, operation("resume-topic-subscription", http.MethodPost, one+"/resume", "Deliver what waits and what comes"), a.resume)
	httpserver.Register(api, operation("rotate-topic-subscription", http.MethodPost, one+"/credentials", "Give a subscription another signing secret; posts carry both signatures for a day"), a.rotateSecret)
	httpserver.Register(api, operation("pull-topic-events", http.MethodPost, one+"/pull", "Take events of a subscription; each is to be acknowledged, or comes again"), a.pull)
	httpserver.Register(api, operation("acknowledge-topic-events", http.MethodPost, one+"/acknowledgements", "Say what became of events that were pulled"), a.acknowledge)
	replay := operation("replay-topic-subscription", http.MethodPost, one+"/replay", "Have a subscription begin again at a moment or an offset, or its dead letters delivered again")
	httpserver.Register(api, replay, a.replay)
}

// SubscriptionPath names a subscription.
type SubscriptionPath struct {
	Path
	Subscription string `path:"subscription" maxLength:"63" doc:"The subscription's name."`
}

type subscriptionsOutput struct {
	Body kernel.Page[topic.Subscription]
}

func (a API) subscriptions(ctx context.Context, in *Path) (*subscriptionsOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.Topics.ListSubscriptions(ctx, scope, in.Topic)
	return &subscriptionsOutput{kernel.Page[topic.Subscription]{Items: append([]topic.Subscription{}, all...)}}, err
}

// DescribedTopicSubscription is a subscription and how far behind it is.
type DescribedTopicSubscription struct {
	topic.Subscription

	Lag topic.Lag `json:"lag"`
}

type describedSubscription struct{ Body DescribedTopicSubscription }

func (a API) subscription(ctx context.Context, in *SubscriptionPath) (*describedSubscription, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	sub, err := a.Topics.GetSubscription(ctx, scope, in.Topic, in.Subscription)
	if err != nil {
		return nil, err
	}
	lag, err := a.Topics.LagOf(ctx, scope, in.Topic, in.Subscription)
	return &describedSubscription{DescribedTopicSubscription{sub, lag}}, err
}

type subscribeInput struct {
	SubscriptionPath
	From topic.From `query:"from" doc:"Where a new one begins: with what comes from now on, unless given."`
	Body topic.SubscriptionSettings
}

type subscribedOutput struct{ Body topic.Subscribed }

func (a API) subscribe(ctx context.Context, in *subscribeInput) (*subscribedOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	sub, err := a.Topics.Subscribe(ctx, scope, in.Topic, in.Subscription, in.Body, in.From)
	return &subscribedOutput{sub}, err
}

func (a API) unsubscribe(ctx context.Context, in *SubscriptionPath) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Topics.Unsubscribe(ctx, scope, in.Topic, in.Subscription)
}

// PauseTopicSubscription says why deliveries are stopped.
type PauseTopicSubscription struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why."`
}

type pauseInput struct {
	SubscriptionPath
	Body PauseTopicSubscription
}

type subscriptionOutput struct{ Body topic.Subscription }

func (a API) pause(ctx context.Context, in *pauseInput) (*subscriptionOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	sub, err := a.Topics.Pause(ctx, scope, in.Topic, in.Subscription, in.Body.Reason)
	return &subscriptionOutput{sub}, err
}

func (a API) resume(ctx context.Context, in *SubscriptionPath) (*subscriptionOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	sub, err := a.Topics.Resume(ctx, scope, in.Topic, in.Subscription)
	return &subscriptionOutput{sub}, err
}

func (a API) rotateSecret(ctx context.Context, in *SubscriptionPath) (*subscribedOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	sub, err := a.Topics.RotateSecret(ctx, scope, in.Topic, in.Subscription)
	return &subscribedOutput{sub}, err
}

type pullInput struct {
	SubscriptionPath
	Body struct {
		Limit       int `json:"limit,omitempty" minimum:"0" maximum:"100" doc:"How many at most; 10 unless given."`
		WaitSeconds int `json:"waitSeconds,omitempty" minimum:"0" maximum:"30" doc:"How long to wait for the first."`
	}
}

func (a API) pull(ctx context.Context, in *pullInput) (*eventsOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	n := in.Body.Limit
	if n == 0 {
		n = 10
	}
	all, err := a.Topics.Pull(ctx, scope, in.Topic, in.Subscription, n, time.Duration(in.Body.WaitSeconds)*time.Second)
	return &eventsOutput{TopicEvents{Events: eventsOf(all)}}, err
}

type acknowledgeInput struct {
	SubscriptionPath
	Body struct {
		Done         []string `json:"done,omitempty" maxItems:"1000" doc:"Tokens of events that are worked off."`
		Failed       []string `json:"failed,omitempty" maxItems:"1000" doc:"Tokens of events that are to come again."`
		DelaySeconds int      `json:"delaySeconds,omitempty" minimum:"0" maximum:"3600" doc:"After how long those come again."`
	}
}

func (a API) acknowledge(ctx context.Context, in *acknowledgeInput) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Topics.Acknowledge(ctx, scope, in.Topic, in.Subscription, topic.Acknowledgement{
		Done: in.Body.Done, Failed: in.Body.Failed, Delay: time.Duration(in.Body.DelaySeconds) * time.Second,
	})
}

type replayInput struct {
	SubscriptionPath
	Body struct {
		At        *time.Time `json:"at,omitempty" doc:"The moment from which on events come again."`
		Partition int        `json:"partition,omitempty" minimum:"0" maximum:"255" doc:"The partition of the offset."`
		Offset    *uint64    `json:"offset,omitempty" doc:"The offset from which on events come again."`
		Dead      bool       `json:"dead,omitempty" doc:"Have the dead letters that there are delivered again."`
	}
}

func (a API) replay(ctx context.Context, in *replayInput) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	return nil, a.Topics.Replay(ctx, scope, in.Topic, in.Subscription, topic.Replayed{At: b.At, Partition: b.Partition, Offset: b.Offset, Dead: b.Dead})
}

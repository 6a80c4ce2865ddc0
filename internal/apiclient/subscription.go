package apiclient

import (
	"context"
	"net/http"
)

// subscriptions is the path of a project's subscriptions, or of the tenant's
// where the project is empty.
func subscriptions(project string, segments ...string) string {
	return query(escape(append([]string{"subscriptions"}, segments...)...), GetSubscriptionParams{Project: project})
}

// Subscriptions returns the subscriptions of a project, or of the tenant.
func (c *Client) Subscriptions(ctx context.Context, project string) ([]Subscription, error) {
	return all[Subscription](ctx, c, subscriptions(project))
}

// Subscription returns one subscription.
func (c *Client) Subscription(ctx context.Context, project, name string) (Subscription, error) {
	var s Subscription
	return s, c.call(ctx, http.MethodGet, subscriptions(project, name), nil, &s)
}

// CreateSubscription has events sent on.
func (c *Client) CreateSubscription(ctx context.Context, project string, in CreateSubscriptionRequest) (SubscriptionCreated, error) {
	var s SubscriptionCreated
	return s, c.call(ctx, http.MethodPost, subscriptions(project), in, &s)
}

// DeleteSubscription removes a subscription.
func (c *Client) DeleteSubscription(ctx context.Context, project, name string) error {
	return c.call(ctx, http.MethodDelete, subscriptions(project, name), nil, nil)
}

// PauseSubscription stops deliveries.
func (c *Client) PauseSubscription(ctx context.Context, project, name, reason string) (Subscription, error) {
	var s Subscription
	return s, c.call(ctx, http.MethodPost, subscriptions(project, name, "pause"), PauseSubscriptionRequest{Reason: reason}, &s)
}

// ResumeSubscription delivers what waits and what comes.
func (c *Client) ResumeSubscription(ctx context.Context, project, name string) (Subscription, error) {
	var s Subscription
	return s, c.call(ctx, http.MethodPost, subscriptions(project, name, "resume"), nil, &s)
}

// TestSubscription sends one event and returns what the sink answered.
func (c *Client) TestSubscription(ctx context.Context, project, name string) (SubscriptionTried, error) {
	var t SubscriptionTried
	return t, c.call(ctx, http.MethodPost, subscriptions(project, name, "test"), nil, &t)
}

// RotateSubscription gives a subscription another secret; an empty one has a
// webhook's made.
func (c *Client) RotateSubscription(ctx context.Context, project, name, secret string) (SubscriptionCreated, error) {
	var s SubscriptionCreated
	return s, c.call(ctx, http.MethodPost, subscriptions(project, name, "credentials"), RotateSubscriptionRequest{Secret: secret}, &s)
}

// Deliveries returns what became of the newest events.
func (c *Client) Deliveries(ctx context.Context, project, name string, status SubscriptionDeliveryStatus, limit int64) ([]SubscriptionDelivery, error) {
	var page PageSubscriptionDelivery
	path := query(escape("subscriptions", name, "deliveries"), ListDeliveriesParams{Project: project, Status: status, Limit: limit})
	return page.Items, c.call(ctx, http.MethodGet, path, nil, &page)
}

// Redeliver has events sent again, every dead delivery where none is named, and
// returns how many that are.
func (c *Client) Redeliver(ctx context.Context, project, name string, events []string) (int64, error) {
	var out RedeliverResponse
	err := c.call(ctx, http.MethodPost, subscriptions(project, name, "redeliveries"), RedeliverRequest{Events: events}, &out)
	return out.Queued, err
}

package apiclient

import (
	"context"
	"net/http"
)

// SubscriptionStep is a change of a subscription's state.
type SubscriptionStep string

// The steps.
const (
	ApproveSubscription SubscriptionStep = "approve"
	RejectSubscription  SubscriptionStep = "reject"
	SuspendSubscription SubscriptionStep = "suspend"
	ResumeSubscription  SubscriptionStep = "resume"
	CancelSubscription  SubscriptionStep = "cancel"
)

// GatewayProducts returns the products that are seen, of a project and a stage where they are named.
func (c *Client) GatewayProducts(ctx context.Context, at GatewayScope) ([]GatewayProduct, error) {
	return all[GatewayProduct](ctx, c, query(escape("gateway", "products"), ListGatewayProductsParams{Project: at.Project, Stage: at.Stage}))
}

// GatewayProduct returns what a stage, or a project, offers by a name.
func (c *Client) GatewayProduct(ctx context.Context, at GatewayScope, name string) (GatewayProduct, error) {
	var p GatewayProduct
	return p, c.call(ctx, http.MethodGet, query(escape("gateway", "products", name), GetGatewayProductParams(at)), nil, &p)
}

// DeleteGatewayProduct deletes a product that nobody is subscribed to.
func (c *Client) DeleteGatewayProduct(ctx context.Context, name string, p DeleteGatewayProductParams) (GatewayChange, error) {
	var g GatewayChange
	return g, c.call(ctx, http.MethodDelete, query(escape("gateway", "products", name), p), nil, &g)
}

// GatewaySubscriptions returns the subscriptions that are seen, the newest first.
func (c *Client) GatewaySubscriptions(ctx context.Context, p ListGatewaySubscriptionsParams) ([]GatewaySubscription, error) {
	return all[GatewaySubscription](ctx, c, query(escape("gateway", "subscriptions"), p))
}

// GatewaySubscription returns a subscription.
func (c *Client) GatewaySubscription(ctx context.Context, at GatewayScope, name string) (GatewaySubscription, error) {
	var s GatewaySubscription
	return s, c.call(ctx, http.MethodGet, query(escape("gateway", "subscriptions", name), GetGatewaySubscriptionParams(at)), nil, &s)
}

// CreateGatewaySubscription subscribes to a plan of a product; the keys are told this once.
func (c *Client) CreateGatewaySubscription(ctx context.Context, at GatewayScope, in CreateGatewaySubscriptionRequest) (GatewaySubscribed, error) {
	var s GatewaySubscribed
	return s, c.call(ctx, http.MethodPost, query(escape("gateway", "subscriptions"), CreateGatewaySubscriptionParams(at)), in, &s)
}

// ChangeGatewaySubscription takes a step with a subscription.
func (c *Client) ChangeGatewaySubscription(ctx context.Context, at GatewayScope, name string, step SubscriptionStep, reason string) (GatewaySubscription, error) {
	var s GatewaySubscription
	path := query(escape("gateway", "subscriptions", name, string(step)), GetGatewaySubscriptionParams(at))
	return s, c.call(ctx, http.MethodPost, path, GatewaySubscriptionReason{Reason: reason}, &s)
}

// RegenerateGatewaySubscriptionKey makes a key anew; it is told this once.
func (c *Client) RegenerateGatewaySubscriptionKey(ctx context.Context, at GatewayScope, name string, key ProductKeyName, reason string) (GatewaySubscribed, error) {
	var s GatewaySubscribed
	path := query(escape("gateway", "subscriptions", name, "keys", string(key)), GetGatewaySubscriptionParams(at))
	return s, c.call(ctx, http.MethodPost, path, GatewaySubscriptionReason{Reason: reason}, &s)
}

// GatewaySubscriptionUsage returns what a subscription used, and how it stands to its quotas.
func (c *Client) GatewaySubscriptionUsage(ctx context.Context, name string, p GetGatewaySubscriptionUsageParams) (ProductUsed, error) {
	var u ProductUsed
	return u, c.call(ctx, http.MethodGet, query(escape("gateway", "subscriptions", name, "usage"), p), nil, &u)
}

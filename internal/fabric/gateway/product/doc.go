// Package product offers routes to consumers: products with plans, subscriptions with
// keys, and the quotas that are counted of them.
//
// It owns what a product's document says, the life of a subscription, its keys, which the
// gateway finds in memory, and the counting of quotas. It keeps no documents of products:
// the gateway does, with their history. How often something may happen in a short time is
// counted by the kind RateLimitPolicy.
package product

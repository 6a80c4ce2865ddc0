// Package sink speaks to the sinks of subscriptions: webhooks as Standard
// Webhooks over the CloudEvents HTTP binding, NATS and Kafka over theirs.
//
// It owns connections, signatures and which addresses may be reached. It does
// not own when an event is sent, nor what follows from a failure.
package sink

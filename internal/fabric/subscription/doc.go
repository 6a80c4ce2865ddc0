// Package subscription shows events to whoever asks, as pages and as they happen,
// and sends them on to webhooks, NATS and Kafka.
//
// It owns subscriptions, their filters, how far each has come, what was
// delivered and what could not be. It does not own events, and it decides
// nothing from them: package automation does. How a sink is spoken to is in
// package sink.
package subscription

// Package topic has the topics of workloads: streams of events that are kept for a while, the
// schemas of what they carry, who may use them with the broker's own protocol, and the
// subscriptions that consume them.
//
// It owns which topics there are, what may be published into one, the grants with their
// credentials, subscriptions, and what becomes of events that nobody takes. It moves no
// message itself: package broker is the port to what does. The platform's own events are
// event's, and subscription's to send on.
package topic

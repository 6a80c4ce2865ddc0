// Package topic has the topics of workloads: streams of events that are kept for a while, the
// schemas of what they carry, who may use them with the broker's own protocol, the
// subscriptions that consume them, and the bridges that take them to other topics.
//
// It owns which topics there are and on which broker each is, what may be published into one,
// the grants with their credentials, subscriptions with their attempts to deliver, what becomes
// of events that nobody takes, which process runs a bridge, and the AsyncAPI documents that
// tell of it all. It moves no message itself: package broker is the port to what does, brokers
// finds the right one by name, and bridge copies. The platform's own events are event's, and
// subscription's to send on.
package topic

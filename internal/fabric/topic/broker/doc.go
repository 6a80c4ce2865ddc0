// Package broker is the port between topics and the servers that carry them: what
// natsbroker and kafkabroker both give, in the same words and with the same
// promises.
//
// It owns the types, the promises, and how a message is a CloudEvent on the wire
// (encode.go, decode.go). It does not own who may have a topic, its schemas or its
// dead letters: those are decided above it, in package topic, and here every caller
// may do everything.
//
// The promises, which package brokertest holds both drivers to:
//   - What Publish returned without an error is kept by the server as often as the
//     topic says, until its retention ends. After an error, some, all or none may be
//     kept; publishing the same messages again, in the same order, keeps the order of
//     first arrival per key.
//   - A group gets every message that its filter lets through at least once, and
//     until Ack was told so. A message that was neither acknowledged nor given back
//     comes again after the group's AckWait.
//   - Messages of one key come in the order in which they were published, also over
//     Nak and AckWait: while one is out or waits to come again, no later one of its
//     key is handed out. Messages without a key have no order. This holds among all
//     who fetch for a group in one process, and over a restart of it; while two
//     processes fetch for one group of NATS, each holds the order of what it was given.
//   - Errors are of the kernel's kinds: Unavailable while the server is away, which
//     trying again can mend; NotFound for a topic or a group that there is not;
//     TooLarge over the topic's bound; Invalid for what no server would take; Refused
//     for what this server cannot do, with the way out.
package broker

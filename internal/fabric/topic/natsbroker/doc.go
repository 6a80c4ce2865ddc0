// Package natsbroker carries topics on NATS JetStream: on the server in this process,
// where each topic has an account of its own, or on a cluster that somebody else runs.
//
// It owns streams, consumers and the order per key over them (session.go). It does not
// own the server in the process, which is natsserver's.
//
// Each process that fetches holds a group's order for itself. Where a process begins
// to fetch a group that another one has messages of, it waits for these as long as the
// group's AckWait, and hands nothing out until then.
package natsbroker

// Package event keeps what happened in one order, for whoever wants to react to
// it, and gives workloads topics to talk over.
//
// It owns the log (facts as CloudEvents, written in the transaction that made
// them true), the embedded NATS server with its authentication, and topics with
// their credentials. It decides nothing from events, and keeps no password: only
// what verifies one. Who is sent events is in package subscription.
package event

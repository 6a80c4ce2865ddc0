// Package event carries facts to whoever wants to react to them, and gives
// workloads topics to talk over.
//
// It owns the outbox (facts as CloudEvents, written in the transaction that made
// them true), the relay to JetStream, the embedded NATS server with its
// authentication, and topics with their credentials. It decides nothing from
// events, and keeps no password: only what verifies one.
package event

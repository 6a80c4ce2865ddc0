// Package event keeps what happened in one order, for whoever wants to react to it.
//
// It owns the log: facts as CloudEvents, written in the transaction that made them true. It
// decides nothing from events. Who is sent events is in package subscription; topics of
// workloads are topic's.
package event

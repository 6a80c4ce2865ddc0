package exchange

import (
	"context"
	"encoding/hex"
)

// The flags of a trace (W3C Trace Context level 2, §3.2.3.4).
const (
	// Sampled says that somebody may have recorded the trace.
	Sampled = 1
	// Random says that the trace's id was made at random.
	Random = 2
)

// Trace is the trace that a request is part of (W3C Trace Context).
type Trace struct {
	ID [16]byte
	// Span is what a service gets as the parent of its own.
	Span  [8]byte
	Flags byte
	// Context has the span of the gateway; nil where none is recorded.
	Context context.Context //nolint:containedctx // as long as the exchange
}

// Known tells that the trace has an id.
func (t *Trace) Known() bool { return t.ID != [16]byte{} }

// Text is the id as it is written everywhere; empty without one.
func (t *Trace) Text() string {
	if !t.Known() {
		return ""
	}
	return hex.EncodeToString(t.ID[:])
}

// Omitted are fields of the access log that tell who called.
type Omitted struct{ Client, Consumer, UserAgent bool }

// Telemetry is what a route says of how it is observed.
type Telemetry struct {
	// Sample is which share of the requests is in the access log, in percent; failures
	// always are.
	Sample int
	// ShowQuery are the parameters of a query whose values are in the access log; those
	// of others are masked. Without any the query is left out.
	ShowQuery []string
	// ShowHeaders are headers of requests whose values are in the access log.
	ShowHeaders []string
	// Omit are the fields that are left out of lines.
	Omit Omitted
	// PassBaggage has the client's baggage reach the service.
	PassBaggage bool
}

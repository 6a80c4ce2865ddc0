package kernel

// Fact is one thing that happened. The journal writes it into the audit log
// and the event stream, in the transaction that made it true.
type Fact struct {
	// ID is that of the event, where who records it names it as a cause later; else
	// the event gets one.
	ID string
	// Type names what happened, noun.verb in the past: run.approved.
	Type string
	// Scope is whose fact it is.
	Scope Scope
	// Subject is the id of the thing it happened to.
	Subject string
	// Reason is why the actor did it, where a reason was given.
	Reason string
	// Data is marshalled to JSON; it never holds a secret value.
	Data any
}

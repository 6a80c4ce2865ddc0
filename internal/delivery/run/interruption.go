package run

import (
	"fmt"
	"time"
)

// Interruption is one time that whoever executed the run was gone in the middle.
type Interruption struct {
	At time.Time `json:"at"`
	// Phase is what was under way.
	Phase   string `json:"phase"`
	Message string `json:"message"`
}

// keptInterruptions bounds how many are kept, the newest.
const keptInterruptions = 10

// interruptedBy notes what happened to whoever executed the run.
func (r *Run) interruptedBy(message string, at time.Time) {
	r.Interruptions = append(r.Interruptions, Interruption{At: at, Phase: phaseOf(*r), Message: message})
	r.Interruptions = r.Interruptions[max(0, len(r.Interruptions)-keptInterruptions):]
}

// died notes that a process ended while it executed the run: it gave no lease back.
func (r *Run) died(node string, at time.Time) {
	r.interruptedBy(fmt.Sprintf("the process on %s that executed it was gone in mid-%s", node, phaseOf(*r)), at)
}

// explainInterruptions tells what came between, and what that means.
func explainInterruptions(x *Explanation, r Run) {
	for _, i := range r.Interruptions {
		x.detail("at %s it was interrupted: %s", i.At.Format(time.RFC3339), i.Message)
	}
	if len(r.Interruptions) == 0 {
		return
	}
	if r.Status.Live() {
		x.detail("what was applied before stays; it goes on with a new plan: the rest of what was approved is applied, anything else goes to the gates again")
		x.next("terrace runner list and terrace doctor tell what executes runs; terrace run logs %s has what was done before", r.ID)
	}
}

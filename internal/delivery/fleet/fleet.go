package fleet

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of the protocol.
const (
	// Patience is how long a runner counts as alive without being heard: its
	// assignments are lost after that, and it ends terraform by itself.
	Patience = 30 * time.Second
	// connected is how long a runner counts as connected after its last request.
	connected = 45 * time.Second
	// MaxPlan bounds a plan file, and its JSON, in bytes.
	MaxPlan = 256 << 20
	// MaxEvents bounds one delivery of events, in bytes.
	MaxEvents = 4 << 20
	// maxConcurrency bounds what a runner may claim to execute at once.
	maxConcurrency = 64
)

// Runner is a program that may fetch assignments of its tenant.
type Runner struct {
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	Name   string `json:"name"`
	// Labels are what it was given; Active are those that it serves now.
	Labels    map[string]string `json:"labels"`
	Active    map[string]string `json:"active,omitempty"`
	CreatedAt time.Time         `json:"createdAt"`
	CreatedBy string            `json:"createdBy"`
	// Session is the process that holds the token now, "" for none; Instance is the
	// data folder that it has, and Host the machine.
	Session     string `json:"session,omitempty"`
	Instance    string `json:"instance,omitempty"`
	Host        string `json:"host,omitempty"`
	Concurrency int    `json:"concurrency,omitempty"`
	Version     string `json:"version,omitempty"`
	Platform    string `json:"platform,omitempty"`
	// Seen is when it was heard last; zero before it ever was.
	Seen time.Time `json:"seen,omitzero"`
	// Revision grows with every save; a save from an older one is refused.
	Revision int64 `json:"-"`
}

// connected reports whether the runner was heard of lately.
func (r Runner) connected(now time.Time) bool { return r.Session != "" && now.Sub(r.Seen) < connected }

// serves reports whether the runner serves all the labels.
func (r Runner) serves(labels map[string]string) bool {
	for key, value := range labels {
		if r.Active[key] != value {
			return false
		}
	}
	return true
}

// Job is one execution of terraform, as a runner gets it.
type Job struct {
	Run     string       `json:"run"`
	Stack   string       `json:"stack"`
	Scope   kernel.Scope `json:"scope"`
	Fence   int64        `json:"fence"`
	Attempt int          `json:"attempt"`
	// Phase is plan or apply.
	Phase string `json:"phase"`
	// Labels are what the runner must serve.
	Labels map[string]string `json:"labels"`
	// Stage is what the executor needs of the stage, in the words of whoever asks.
	Stage json.RawMessage   `json:"stage"`
	Files map[string][]byte `json:"files"`
	// Token is the run token for state, modules and planes.
	Token   string   `json:"token"`
	Destroy bool     `json:"destroy,omitempty"`
	Targets []string `json:"targets,omitempty"`
	// RefreshOnly plans what was changed outside alone, and Unlocked without the lock
	// of the state: for who only looks, under no lease.
	RefreshOnly bool `json:"refreshOnly,omitempty"`
	Unlocked    bool `json:"unlocked,omitempty"`
	// Partial says that the apply does a part only of what was approved.
	Partial bool `json:"partial,omitempty"`
	// Keep says that the plan file is wanted, not what the plan says alone.
	Keep bool `json:"keep,omitempty"`
	// Plan is the digest of the plan that is to be applied.
	Plan kernel.Digest `json:"plan,omitempty"`
	// Receipt is a secret of whoever took the assignment: with it alone a state that
	// could not be stored may be handed in later.
	Receipt string `json:"receipt,omitempty"`
}

// digest tells whether two jobs ask for the same; their tokens and attempts differ.
func (j Job) digest() (kernel.Digest, error) {
	j.Token, j.Attempt = "", 0
	return kernel.DigestJSON(j)
}

// PlanFile is terraform's plan, byte for byte, wherever it lies.
type PlanFile struct {
	Digest kernel.Digest
	// Open reads it from the start, any number of times while it is there.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Existing is what a failed apply wanted to create and was there already.
type Existing struct {
	Address string `json:"address"`
	ID      string `json:"id,omitempty"`
}

// Outcome is how an execution ended.
type Outcome struct {
	// Error is nil for a success.
	Error *Error `json:"error,omitempty"`
	// Plan is the digest of the plan file that was made.
	Plan     kernel.Digest              `json:"plan,omitempty"`
	Outputs  map[string]json.RawMessage `json:"outputs,omitempty"`
	Existing []Existing                 `json:"existing,omitempty"`
	// Busy says that an apply failed only because the target is still at work.
	Busy bool `json:"busy,omitempty"`
	// Interrupted says, unless it is empty, what happened to the runner: it is not the
	// job's fault, and whatever was done stays.
	Interrupted string `json:"interrupted,omitempty"`
}

// Error is a kernel.Error on its way.
type Error struct {
	Kind     kernel.Kind      `json:"kind"`
	Message  string           `json:"message"`
	Fix      string           `json:"fix,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
}

// Err returns the error as what it was, nil for none.
func (e *Error) Err() error {
	if e == nil {
		return nil
	}
	return &kernel.Error{Kind: e.Kind, Message: e.Message, Fix: e.Fix, Problems: e.Problems}
}

// Event is one thing that the tool said.
type Event struct {
	Time    time.Time `json:"time"`
	Phase   string    `json:"phase"`
	Level   string    `json:"level"`
	Type    string    `json:"type"`
	Address string    `json:"address,omitempty"`
	// Action is what is done to the address; runners of older versions leave it out.
	Action  string `json:"action,omitempty"`
	Message string `json:"message"`
}

// State is where an assignment is.
type State string

// The states of an assignment.
const (
	Offered State = "offered"
	Taken   State = "taken"
	// Done means that the outcome is there and nobody has read it.
	Done  State = "done"
	Lost  State = "lost"
	Ended State = "ended"
)

// Command is what a runner shall do with an assignment.
type Command string

// The commands.
const (
	Go   Command = ""
	Stop Command = "stop"
	Kill Command = "kill"
	// Gone ends terraform at once: the assignment is no longer the runner's.
	Gone Command = "gone"
)

// Assignment is one phase of a run, at a runner or on its way to one.
type Assignment struct {
	ID      string       `json:"id"`
	Scope   kernel.Scope `json:"scope"`
	Stack   string       `json:"stack"`
	Run     string       `json:"run"`
	Fence   int64        `json:"fence"`
	Phase   string       `json:"phase"`
	Partial bool         `json:"partial,omitempty"`
	// Looks says that it only looks, under no lease.
	Looks  bool              `json:"looks,omitempty"`
	Labels map[string]string `json:"labels"`
	// Digest tells what was asked for.
	Digest  kernel.Digest `json:"digest"`
	State   State         `json:"state"`
	Command Command       `json:"command,omitempty"`
	// Runner, Name and Session tell who took it.
	Runner  string `json:"runner,omitempty"`
	Name    string `json:"name,omitempty"`
	Session string `json:"session,omitempty"`
	// Receipt is the digest of the job's receipt.
	Receipt kernel.Digest `json:"receipt,omitempty"`
	// Events counts the events that have arrived.
	Events    int64     `json:"events"`
	CreatedAt time.Time `json:"createdAt"`
	Seen      time.Time `json:"seen,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	// Reason says why it was lost.
	Reason  string   `json:"reason,omitempty"`
	Outcome *Outcome `json:"outcome,omitempty"`
	// Revision grows with every save; a save from an older one is refused.
	Revision int64 `json:"-"`
}

// LostError says that an execution ended without a word of its outcome.
type LostError struct {
	// Begun is false where no runner had taken it.
	Begun  bool
	Reason string
}

// Error returns the reason.
func (e *LostError) Error() string { return e.Reason }

// Package stage knows the stages that a release passes through, in order, and
// what each demands: its target and runtime, approvals, tags, soak, windows and
// verification.
//
// It owns the stages, every version that there was of them, and their rules: the
// configuration is the first, and a set can be replaced while runs go on. It does
// not know what runs on a stage, and it approves nothing: delivery/run does.
package stage

import "time"

// The targets: where the resources of a stage are made.
const (
	TargetLocal = "local"
	TargetAzure = "azure"
	TargetAWS   = "aws"
	TargetGCP   = "gcp"
)

// The runtimes: how the containers of a stage are run.
const (
	RuntimeProcess    = "process"
	RuntimeKubernetes = "kubernetes"
)

// The roles that approvals can ask for.
const (
	RoleDeveloper = "developer"
	RoleApprover  = "approver"
	RoleAdmin     = "admin"
)

// Who returns a stage to its last verified release.
const (
	RollbackManual    = "manual"
	RollbackAutomatic = "automatic"
)

// Stage is one step on the way of a release.
type Stage struct {
	Name string `json:"name" yaml:"name" koanf:"name"`
	// Order sorts the stages, the lowest first.
	Order   int    `json:"order" yaml:"order" koanf:"order"`
	Target  string `json:"target" yaml:"target" koanf:"target"`
	Runtime string `json:"runtime" yaml:"runtime" koanf:"runtime"`
	// Environment are variables of the stage's runs, over the daemon's own; no secrets.
	Environment map[string]string `json:"environment,omitempty" yaml:"environment,omitempty" koanf:"environment"`
	// PlanEnvironment are variables of its plans, over those of Environment: plans
	// can have an identity that reads and no more. No secrets.
	PlanEnvironment map[string]string `json:"planEnvironment,omitempty" yaml:"planEnvironment,omitempty" koanf:"planEnvironment"`
	// Identity is what its runs are to the cloud of its target, without a secret.
	Identity Identity `json:"identity,omitzero" yaml:"identity,omitempty" koanf:"identity"`
	// Limits bound what its runs may take.
	Limits Limits `json:"limits,omitzero" yaml:"limits,omitempty" koanf:"limits"`
	// Approvals are what an apply needs before it starts.
	Approvals Approvals `json:"approvals" yaml:"approvals" koanf:"approvals"`
	// Soak is how long a release must have been verified here before the next stage
	// may have it; 0 is no time.
	Soak time.Duration `json:"soak,omitempty" yaml:"soak,omitempty" koanf:"soak"`
	// Windows say when the stage may be changed; none is always.
	Windows []Window `json:"windows,omitempty" yaml:"windows,omitempty" koanf:"windows"`
	// AutoPromote lets the stage take by itself what becomes available to it.
	AutoPromote bool `json:"autoPromote,omitempty" yaml:"autoPromote,omitempty" koanf:"autoPromote"`
	// RequiredTags are the tags that every resource must carry.
	RequiredTags []string `json:"requiredTags" yaml:"requiredTags" koanf:"requiredTags"`
	// Verify are the checks after an apply, and whenever it is verified again; all must pass.
	Verify []Check `json:"verify" yaml:"verify" koanf:"verify"`
	// VerifyEvery is how often what is deployed is verified again; 0 is never.
	VerifyEvery time.Duration `json:"verifyEvery,omitempty" yaml:"verifyEvery,omitempty" koanf:"verifyEvery"`
	// Rollback says who returns to the last verified release when a verification
	// fails: RollbackManual, also when empty, or RollbackAutomatic.
	Rollback string `json:"rollback,omitempty" yaml:"rollback,omitempty" koanf:"rollback"`
	// Concurrency is how many runs may be executed here at once; 0 is no limit.
	Concurrency int `json:"concurrency,omitempty" yaml:"concurrency,omitempty" koanf:"concurrency"`
	// Runners are the labels that a remote runner must have to execute the stage's
	// runs; none executes them in the process of the daemon.
	Runners map[string]string `json:"runners,omitempty" yaml:"runners,omitempty" koanf:"runners"`
	// Drift says when the stage is checked for what was changed outside of Terrace.
	Drift Drift `json:"drift,omitzero" yaml:"drift,omitempty" koanf:"drift"`
	// Lifetime says how long what is deployed stays.
	Lifetime Lifetime `json:"lifetime,omitzero" yaml:"lifetime,omitempty" koanf:"lifetime"`
	// Rollout says how a release takes over from the one before it.
	Rollout Rollout `json:"rollout,omitzero" yaml:"rollout,omitempty" koanf:"rollout"`
	// GitOps is for the runtime kubernetes.
	GitOps GitOps `json:"gitops,omitzero" yaml:"gitops,omitempty" koanf:"gitops"`
}

// Approvals say how many people must approve a run, and who may.
type Approvals struct {
	// Count is the number of different people; 0 is none.
	Count int `json:"count" yaml:"count" koanf:"count"`
	// Role is the role whose holders may approve; admins may, too.
	Role string `json:"role" yaml:"role" koanf:"role"`
	// OtherThanRequester demands someone other than who asked for the run.
	OtherThanRequester bool `json:"otherThanRequester" yaml:"otherThanRequester" koanf:"otherThanRequester"`
	// ExpireAfter is how long an approval counts; 0 is as long as its plan does.
	ExpireAfter Duration `json:"expireAfter,omitzero" yaml:"expireAfter,omitempty" koanf:"expireAfter"`
}

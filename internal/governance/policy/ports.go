package policy

import (
	"context"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Evaluation is how the live policies are evaluated.
type Evaluation struct {
	// Level is that of a policy here; false leaves it out. Nil is its own.
	Level func(Policy) (Level, bool)
	// Beside are policies that are evaluated, too; one with the id of a live policy
	// takes its place.
	Beside []Folder
	// Timeout bounds each policy; 0 is the default.
	Timeout time.Duration
}

// Sets are the policies that are live.
type Sets interface {
	Evaluate(ctx context.Context, in Input, e Evaluation) (Report, error)
	// Policies lists them, with id, rule, levels, resources and source at least.
	Policies(ctx context.Context) ([]Policy, error)
	// Sources tells how the folders and repositories are that they are from.
	Sources(ctx context.Context) []Source
}

// Listed keeps lists of policies of a tenant with their levels, until what is assigned there
// changes. Who may see them it does not know.
type Listed interface {
	Load(ctx context.Context, tenant, key string, load func(ctx context.Context) (kernel.Page[InForce], error)) (kernel.Page[InForce], error)
}

// Documents reads plans and states that people offer.
type Documents interface {
	// Read reads one, which errors call name, with what is known around it, as the gate of a run would: what the
	// document marks as secret is hidden, and conceal cuts it out of what policies say.
	Read(ctx context.Context, name string, from io.Reader, c Context, workload string) (in Input, conceal func([]Result), err error)
}

// Authorizer decides whether the actor of ctx may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Roles knows whether the actor of ctx has a role, or admin, in the scope.
type Roles interface {
	HasRole(ctx context.Context, action string, scope kernel.Scope, role string) (bool, error)
}

// Journal writes a fact in the transaction of ctx.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs fn in one transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Stage is what a stage demands of who approves.
type Stage struct {
	Name    string
	Target  string
	Runtime string
	// Role is the role that approvers need, "" is the usual.
	Role string
	// Approvals is how many people have to approve a run there.
	Approvals int
	// OtherThanRequester asks for somebody other than who asked.
	OtherThanRequester bool
}

// Stages are the stages, the first one first.
type Stages interface {
	Stages() []Stage
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Runs are those of workloads, some of which wait for what policies say.
type Runs interface {
	// Known is NotFound for a workload of which there never was a run in the project.
	Known(ctx context.Context, scope kernel.Scope, workload string) error
	// Reconsider has the runs that wait for people, and that an exemption concerns,
	// planned again.
	Reconsider(ctx context.Context, e Exemption, why string) error
}

// ExemptionFilter narrows a list of exemptions; empty fields do not.
type ExemptionFilter struct {
	Stage, Workload, Policy string
	// Status is one status; empty is requested and approved.
	Status ExemptionStatus
	// All has those that ended, too.
	All bool
}

// Exemptions keep who is exempt.
type Exemptions interface {
	InsertExemption(ctx context.Context, e Exemption) error
	// SaveExemption writes e if its revision is still the stored one, else it is Stale.
	SaveExemption(ctx context.Context, e Exemption) error
	// Exemption returns one of the scope's project or of its tenant, or NotFound.
	Exemption(ctx context.Context, scope kernel.Scope, id string) (Exemption, error)
	// AnyExemption returns one of any project of a tenant, or NotFound.
	AnyExemption(ctx context.Context, tenant, id string) (Exemption, error)
	// Exemptions returns those of the scope's project and of its tenant, of all
	// projects where it has none, the newest first.
	Exemptions(ctx context.Context, scope kernel.Scope, f ExemptionFilter, page kernel.PageRequest) (kernel.Page[Exemption], error)
	// Standing returns the approved ones that are for a workload on a stage.
	Standing(ctx context.Context, scope kernel.Scope, workload string) ([]Exemption, error)
	// DueExemptions returns those of all tenants about which something is to be done,
	// a bounded number.
	DueExemptions(ctx context.Context, now time.Time) ([]Exemption, error)
}

// Settings keep the levels that tenants and projects assigned, in versions.
type Settings interface {
	// PutSetting adds a version of a setting: its first one, or the next of the one
	// that is stored, else it is Stale. Of what is removed only the history is left.
	PutSetting(ctx context.Context, v Setting) error
	// Setting returns the newest version, also of what was removed, or NotFound.
	Setting(ctx context.Context, scope kernel.Scope, id string) (Setting, error)
	// InForce returns those of a project and of its tenant, of all projects where
	// project is "".
	InForce(ctx context.Context, tenant, project string) ([]Setting, error)
	// SettingHistory returns all versions of one, the newest first.
	SettingHistory(ctx context.Context, scope kernel.Scope, id string) ([]Setting, error)
	// Decided names what a tenant assigned and exempted until now: whatever changes of
	// it, it is another text from then on.
	Decided(ctx context.Context, tenant string) (string, error)
}

// Store is all that the room keeps.
type Store interface {
	Exemptions
	Settings
}

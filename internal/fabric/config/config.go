package config

import (
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// DefaultFolder is where the configuration of a project is, unless it is told otherwise.
func DefaultFolder(project string) string { return "config/" + project }

// Source is where the configuration of a project is.
type Source struct {
	ID      string `json:"id"`
	Tenant  string `json:"-"`
	Project string `json:"project"`
	// RepositoryProject and Repository name the repository.
	RepositoryProject string    `json:"repositoryProject"`
	Repository        string    `json:"repository"`
	Branch            string    `json:"branch"`
	Path              string    `json:"path"`
	CreatedBy         string    `json:"createdBy"`
	CreatedAt         time.Time `json:"createdAt"`
	Status            Status    `json:"status"`
	// Cause is the id of the event that told of the last push.
	Cause string `json:"-"`
	// Pushed is the last push of the branch.
	Pushed Pushed `json:"-"`
}

// Pushed is a push: the commit that the branch came to, and the name of who pushed or merged it.
type Pushed struct{ Commit, By string }

func (s Source) scope() kernel.Scope { return kernel.Scope{Tenant: s.Tenant, Project: s.Project} }

// Phase is how a source stands.
type Phase string

// The phases.
const (
	// Waiting: it was not looked at yet.
	Waiting Phase = "waiting"
	// Ready: what the branch says counts.
	Ready Phase = "ready"
	// Invalid: the branch says what is not valid, and the last valid revision counts.
	Invalid Phase = "invalid"
	// Failed: the repository could not be read.
	Failed Phase = "failed"
)

// Status is how a source stands.
type Status struct {
	Phase Phase `json:"phase"`
	// Commit is the newest one that was looked at, Effective the revision that counts.
	Commit    string           `json:"commit,omitempty"`
	Effective string           `json:"effective,omitempty"`
	Message   string           `json:"message,omitempty"`
	Problems  []kernel.Problem `json:"problems,omitempty"`
	At        *time.Time       `json:"at,omitempty"`
	// Unavailable are the keys that workloads which are deployed, or have a token, do not get.
	Unavailable []Gap `json:"unavailable,omitempty" doc:"The keys that workloads do not get, since the secret is not there or does not fit the key's schema."`
}

// Unavailable is a secret key that is not delivered, for its secret is not there or does
// not fit the key's schema.
type Unavailable struct {
	Key     string `json:"key"`
	Message string `json:"message" doc:"Why it is not delivered."`
	Fix     string `json:"fix,omitempty" doc:"What to do."`
}

// Gap is what a workload does not get at a stage.
type Gap struct {
	Unavailable

	Workload string `json:"workload"`
	Stage    string `json:"stage"`
}

// Revision is the configuration as of one commit that changed it.
type Revision struct {
	// ID orders revisions by when they were seen.
	ID     string       `json:"id"`
	Scope  kernel.Scope `json:"-"`
	Commit string       `json:"commit"`
	// Tree identifies the content of the folder.
	Tree string `json:"-"`
	// PushedBy is who pushed or merged the commit, as the platform knows them; Author is what
	// the commit says of itself, which whoever makes one may write.
	PushedBy string           `json:"pushedBy,omitempty" doc:"Who pushed or merged it, as the platform knows them; none where that is not known."`
	Author   string           `json:"author" doc:"Whom the commit names as its author, which nobody checks."`
	At       time.Time        `json:"at"`
	Subject  string           `json:"subject,omitempty"`
	SeenAt   time.Time        `json:"seenAt"`
	Valid    bool             `json:"valid"`
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Changed are the keys that say something else than in the revision that counted before.
	Changed []string `json:"changed"`
	// Files are those of the folder, of a valid revision.
	Files map[string][]byte `json:"-"`
}

// Explained is an entry with who wrote what.
type Explained struct {
	configfile.Entry

	Revision string `json:"revision"`
	// Unavailable is there where the key is not delivered.
	Unavailable *Unavailable `json:"unavailable,omitempty" doc:"Why the key is not delivered, where it is not."`
	// Writings are who wrote the value that counts, and then those that it overrides.
	Writings []Writing `json:"writings"`
	// Flag is there where a flag is explained; it has no one value.
	Flag *ExplainedFlag `json:"flag,omitempty" doc:"What the flag gives, where a flag is explained and not a key."`
}

// ExplainedFlag is what a flag says, and what it gives to a context.
type ExplainedFlag struct {
	State          string         `json:"state" enum:"ENABLED,DISABLED"`
	Variants       map[string]any `json:"variants"`
	DefaultVariant string         `json:"defaultVariant"`
	// Rule is JSONLogic, nil for none.
	Rule any `json:"rule,omitempty" doc:"The rule, in JSONLogic."`
	// Rollouts are where shares decide in the rule.
	Rollouts []flag.Rollout `json:"rollouts" doc:"Where shares decide in the rule."`
	// Result is what the context gets, nil where there is none; Why says why.
	Result *flag.Result `json:"result,omitempty" doc:"What the context gets; none where it cannot be evaluated for it."`
	Why    string       `json:"why" doc:"Why the context gets that."`
}

// Writing is one value with the commit that its line comes from.
type Writing struct {
	configfile.Origin

	Commit   string     `json:"commit,omitempty"`
	PushedBy string     `json:"pushedBy,omitempty" doc:"Who pushed or merged the commit, as the platform knows them; none where that is not known."`
	Author   string     `json:"author,omitempty" doc:"Whom the commit names as its author, which nobody checks."`
	At       *time.Time `json:"at,omitempty"`
	Subject  string     `json:"subject,omitempty"`
}

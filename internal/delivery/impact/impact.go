// Package impact tells, before a version of a module or a definition is
// published, what it would touch: its blast radius over every workload and stage
// of a tenant, with plans on request.
//
// It owns the comparison of what the next release of each deployed workload
// would be made of today, and what it would be made of with the change. It keeps
// nothing. What serves a resource is delivery/graph's to say, modules and
// definitions are delivery/module's, and a plan is a dry run of delivery/run.
package impact

import "github.com/terrace-idp/terrace/internal/kernel"

// Radius is what a change would touch.
type Radius struct {
	// Deployments is how many were looked at.
	Deployments int `json:"deployments"`
	// Touched are those that the change would touch, by project, workload and the
	// order of the stages; at most MaxListed of the Total.
	Touched []Touched `json:"touched"`
	Total   int       `json:"total"`
}

// Touched is a workload on a stage whose next release would be another one.
type Touched struct {
	Project  string `json:"project"`
	Workload string `json:"workload"`
	Stage    string `json:"stage"`
	// Release is the one that is deployed there.
	Release string `json:"release"`
	// Resources are those that would be served in another way.
	Resources []Resource `json:"resources"`
	// Problem says why no release could be made any more, empty where one could.
	Problem string `json:"problem,omitempty"`
	// Run is the dry run that plans it, where one was asked for.
	Run string `json:"run,omitempty"`
}

// RuntimeUID is the UID under which a Resource tells of the module that runs the
// workload's containers.
const RuntimeUID = "containers"

// Resource is one resource that would be served in another way.
type Resource struct {
	UID string `json:"uid"`
	// Change is added, removed or changed.
	Change string  `json:"change" enum:"added,removed,changed"`
	Before *Served `json:"before,omitempty"`
	After  *Served `json:"after,omitempty"`
	// Inputs are the names of the module's inputs whose values would differ.
	Inputs []string `json:"inputs,omitempty"`
}

// Served says what serves a resource.
type Served struct {
	Definition string        `json:"definition,omitempty"`
	Module     string        `json:"module"`
	Version    string        `json:"version"`
	Digest     kernel.Digest `json:"digest,omitempty"`
}

// Query narrows a radius, and asks for plans.
type Query struct {
	// Project, Workload and Stage narrow it; empty ones do not.
	Project, Workload, Stage string
	// Plan asks for a dry run of everything that is touched: MaxPlans at most.
	Plan bool
}

const (
	// MaxListed is how many touched deployments a radius lists.
	MaxListed = 1000
	// MaxPlans is how many dry runs one question may ask for.
	MaxPlans = 50
)

func (q Query) covers(d Deployment) bool {
	return (q.Project == "" || q.Project == d.Scope.Project) &&
		(q.Workload == "" || q.Workload == d.Workload) &&
		(q.Stage == "" || q.Stage == d.Scope.Stage)
}

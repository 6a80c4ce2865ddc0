package kernel

import "strings"

// Scope says whose data a call is about. Every store call takes one, so that
// nothing of another tenant can be read by leaving it out.
type Scope struct {
	// Tenant is the tenant's name; it is never empty.
	Tenant string `json:"tenant"`
	// Project is the project's name, empty for what belongs to the whole tenant.
	Project string `json:"project,omitempty"`
	// Stage is the stage's name, empty for what belongs to the whole project.
	Stage string `json:"stage,omitempty"`
}

// InProject returns the scope of a project of the same tenant.
func (s Scope) InProject(project string) Scope {
	return Scope{Tenant: s.Tenant, Project: project}
}

// InStage returns the scope of a stage of the same project.
func (s Scope) InStage(stage string) Scope {
	return Scope{Tenant: s.Tenant, Project: s.Project, Stage: stage}
}

// StackID returns the id of the stack of a workload in the scope of a stage:
// tenant/project/workload/stage.
func StackID(scope Scope, workload string) string {
	return strings.Join([]string{scope.Tenant, scope.Project, workload, scope.Stage}, "/")
}

// String returns the scope as tenant/project/stage, without its empty end.
func (s Scope) String() string {
	return strings.TrimRight(s.Tenant+"/"+s.Project+"/"+s.Stage, "/")
}

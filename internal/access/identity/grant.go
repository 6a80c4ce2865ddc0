package identity

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Role is what a subject may do at a node of the tree platform, tenant, project, stage,
// and at all below it. The platform alone has Operator, and nothing below inherits it.
type Role string

// The roles.
const (
	Viewer Role = "viewer"
	// Auditor sees what a viewer sees, and all of the audit log.
	Auditor   Role = "auditor"
	Developer Role = "developer"
	Approver  Role = "approver"
	// SecretReader sees which secrets there are and what they are, and nothing else: it is
	// for programs, and for who has another role beside it.
	SecretReader Role = "secret-reader"
	Admin        Role = "admin"
	// Operator creates tenants; it says nothing about what is in them.
	Operator Role = "operator"
)

// Roles returns every role of a tenant, the least first.
func Roles() []Role { return []Role{Viewer, Auditor, Developer, Approver, SecretReader, Admin} }

// SubjectKind tells users, groups and service accounts apart.
type SubjectKind string

// The kinds of subject.
const (
	KindUser    SubjectKind = "user"
	KindGroup   SubjectKind = "group"
	KindService SubjectKind = "service"
)

// Subject is who a grant is for.
type Subject struct {
	Kind SubjectKind
	ID   string
	Name string
}

// String is the name of a user, and that of others with their kind before it.
func (s Subject) String() string {
	if s.Kind == KindUser {
		return s.Name
	}
	return string(s.Kind) + ":" + s.Name
}

// Grant is a role of a subject at a node.
type Grant struct {
	ID string
	// Tenant is the subject's.
	Tenant  string
	Subject Subject
	Role    Role
	// Platform says that the node is the platform. Else it is the tenant, or the project,
	// or the stage of the project.
	Platform bool
	Project  string
	Stage    string
	// Elevation is the id of the elevation that it comes from, "" for a lasting one.
	Elevation string
	// Source is the upstream whose rules gave it at a sign-in, "" for what people gave.
	Source    string
	CreatedAt time.Time
	CreatedBy string
	// ExpiresAt is zero for a grant without an end.
	ExpiresAt time.Time
}

// Where says the node in words.
func (g Grant) Where() string {
	if g.Platform {
		return "the platform"
	}
	return whole(g.scope())
}

// scope is the node as the scope of an action; that of the platform is empty.
func (g Grant) scope() kernel.Scope {
	if g.Platform {
		return kernel.Scope{}
	}
	return kernel.Scope{Tenant: g.Tenant, Project: g.Project, Stage: g.Stage}
}

// holds reports whether the grant has not ended.
func (g Grant) holds(now time.Time) bool { return g.ExpiresAt.IsZero() || g.ExpiresAt.After(now) }

// whole says a scope in words.
func whole(scope kernel.Scope) string {
	switch {
	case scope.Tenant == "":
		return "the platform"
	case scope.Project == "" && scope.Stage == "":
		return "the tenant"
	case scope.Project == "":
		return "the stage " + scope.Stage
	case scope.Stage == "":
		return "the project " + scope.Project
	default:
		return "the stage " + scope.Stage + " of the project " + scope.Project
	}
}

// check refuses a grant that is not possible.
func (g Grant) check(now time.Time) error {
	var problems []kernel.Problem
	add := func(path, message, fix string) {
		problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
	}
	switch {
	case g.Platform && g.Role != Operator:
		add("role", "the platform has only the role operator, not "+string(g.Role), "grant "+string(g.Role)+" in a tenant, a project or a stage")
	case !g.Platform && g.Role == Operator:
		add("role", "the role operator is of the platform alone", "grant it on the platform")
	case !g.Platform:
		if err := checkRole(g.Role); err != nil {
			return err
		}
	}
	if g.Platform && (g.Project != "" || g.Stage != "") {
		add("platform", "the platform is not in a project or a stage", "leave these out")
	}
	if !g.Platform && g.Stage != "" && g.Project == "" {
		add("stage", "the stage "+g.Stage+" is named without a project", "name the project, too")
	}
	if !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(now) {
		add("expiresAt", "the end is past", "name one that is to come")
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the grant is not possible").WithProblems(problems...)
}

func checkRole(role Role) error {
	names := make([]string, 0, len(Roles()))
	for _, r := range Roles() {
		if r == role {
			return nil
		}
		names = append(names, string(r))
	}
	return kernel.Errorf(kernel.Invalid, "the role %q does not exist", role).
		WithProblems(kernel.Problem{Path: "role", Message: "it must be one of " + strings.Join(names, ", ")})
}

// Package tenant knows the tenants and their projects, and what every resource
// of a project is tagged with.
//
// It owns names and tags, and how a tenant stands: whether anybody works in it. It does
// not own who may work in a project (access/identity), nor what is in one, nor how a
// tenant leaves (access/tenant/departure).
package tenant

import (
	"context"
	"regexp"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The names of the tags that every resource carries, beside env.
const (
	TagCostCenter = "costcenter"
	TagOwner      = "owner"
)

// Project is where the workloads of one team live.
type Project struct {
	Tenant string
	// Name is a DNS label (RFC 1123 §2.1): it becomes part of host names.
	Name string
	// CostCenter pays for it, Owner answers for it; both become tags.
	CostCenter string
	Owner      string
	CreatedBy  string
	CreatedAt  time.Time
}

// tags are those that the project gives to all of its resources of itself.
func (p Project) tags() map[string]string {
	return map[string]string{TagCostCenter: p.CostCenter, TagOwner: p.Owner}
}

// Store keeps tenants and projects.
type Store interface {
	Tenants
	Projects
}

// Projects keeps projects and tags.
type Projects interface {
	// EnsureTenant adds the tenant where it is missing.
	EnsureTenant(ctx context.Context, name string, at time.Time) error
	// AddProject adds a project; a second of the name is a Conflict.
	AddProject(ctx context.Context, p Project) error
	// SetTags changes a project's cost centre and owner.
	SetTags(ctx context.Context, p Project) error
	Project(ctx context.Context, scope kernel.Scope) (Project, error)
	// Projects returns those of a tenant that are reached, by name.
	Projects(ctx context.Context, tenant string, within kernel.Reach, page kernel.PageRequest) (kernel.Page[Project], error)
	// TagSettings returns those of the scope's project, or of its tenant; empty ones
	// where there are none.
	TagSettings(ctx context.Context, scope kernel.Scope) (TagSettings, error)
	// PutTagSettings writes them over the revision that was seen, else it is Stale.
	PutTagSettings(ctx context.Context, scope kernel.Scope, seen int64, s TagSettings) error
}

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// tagValue is what Azure, AWS, GCP labels and Kubernetes all take.
var tagValue = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._@-]{0,61}[A-Za-z0-9])?$`)

func (p Project) check() error {
	var problems []kernel.Problem
	if !label.MatchString(p.Name) {
		problems = append(problems, kernel.Problem{
			Path: "name", Message: "the name " + quote(p.Name) + " is not possible",
			Fix: "use 1 to 40 lower-case letters, digits or '-', starting and ending with a letter or digit",
		})
	}
	for _, tag := range []struct{ path, value string }{{TagCostCenter, p.CostCenter}, {TagOwner, p.Owner}} {
		if !tagValue.MatchString(tag.value) {
			problems = append(problems, kernel.Problem{
				Path: tag.path, Message: quote(tag.value) + " is not possible",
				Fix: "use 1 to 63 letters, digits, '.', '_', '@' or '-', starting and ending with a letter or digit",
			})
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the project is not possible").WithProblems(problems...)
}

func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return `"` + s + `"`
}

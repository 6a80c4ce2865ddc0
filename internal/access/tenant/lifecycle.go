package tenant

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// State is how a tenant stands.
type State string

// The states of a tenant.
const (
	Active State = "active"
	// Suspended is one that nobody signs in to and whose runs wait; what is deployed goes on.
	Suspended State = "suspended"
	// Leaving is suspended for good: its data are removed when its time is over.
	Leaving State = "leaving"
	// Gone is what is left of one whose data were removed.
	Gone State = "gone"
)

// Tenant is an organisation, whose people, projects and keys are its own.
type Tenant struct {
	// Name is a DNS label (RFC 1123 §2.1), as a project's.
	Name  string `json:"-"`
	State State  `json:"-"`
	// Display is how people call it, "" for its name.
	Display string `json:"display,omitempty"`
	// Reason is why it stands as it does, By who said so, and Since when it does.
	Reason    string    `json:"reason,omitempty"`
	By        string    `json:"by,omitempty"`
	Since     time.Time `json:"since,omitzero"`
	CreatedBy string    `json:"createdBy,omitempty"`
	CreatedAt time.Time `json:"-"`
	// Recipients are those for whom its archive is encrypted when it leaves, nil where its
	// admins have named none.
	Recipients *Recipients `json:"recipients,omitempty"`
	// Departure is what is known of its leaving, nil while it stays.
	Departure *Departure `json:"departure,omitempty"`
	Revision  int64      `json:"-"`
}

// Departure is the end of a tenant.
type Departure struct {
	// At is when its data are removed, at the earliest.
	At time.Time `json:"at"`
	// Abandon says that what is deployed on other targets than the local one stays there.
	Abandon bool `json:"abandon,omitempty"`
	// WithoutExport says that no archive is made of it.
	WithoutExport bool `json:"withoutExport,omitempty"`
	// Step is what was begun last, and Problem what keeps it from its end.
	Step    Step   `json:"step"`
	Problem string `json:"problem,omitempty"`
	// Export is the digest of the archive that was made for it, and its size in bytes.
	Export     kernel.Digest `json:"export,omitempty"`
	ExportSize int64         `json:"exportSize,omitempty"`
	// AuditSeq and AuditHash are the last number and hash of its audit log.
	AuditSeq  int64  `json:"auditSeq,omitempty"`
	AuditHash string `json:"auditHash,omitempty"`
	// Rows and Objects are how many of them were removed.
	Rows    int64 `json:"rows,omitempty"`
	Objects int64 `json:"objects,omitempty"`
	// DoneAt is when it was over.
	DoneAt time.Time `json:"doneAt,omitzero"`
}

// Step is a step of leaving.
type Step string

// The steps of leaving, in their order: its time runs, its data are put into an archive,
// its keys are destroyed, its objects and its rows are removed.
const (
	StepWait   Step = "wait"
	StepExport Step = "export"
	StepShred  Step = "shred"
	StepRemove Step = "remove"
	StepDone   Step = "done"
)

// Closed reports whether nobody works in it.
func (t Tenant) Closed() bool { return t.State != Active }

// Label is how people call it.
func (t Tenant) Label() string {
	if t.Display == "" {
		return t.Name
	}
	return t.Display + " (" + t.Name + ")"
}

// Tenants keeps tenants.
type Tenants interface {
	// AddTenant adds one; a second of the name is a Conflict.
	AddTenant(ctx context.Context, t Tenant) error
	Tenant(ctx context.Context, name string) (Tenant, error)
	// Tenants lists those of some states, all where none is named, by name.
	Tenants(ctx context.Context, states []State, page kernel.PageRequest) (kernel.Page[Tenant], error)
	// SaveTenant writes one over the revision that it was read with, else it is Stale.
	SaveTenant(ctx context.Context, t Tenant) error
	// Live counts those that are not gone.
	Live(ctx context.Context) (int64, error)
}

// NewTenant is what a tenant begins with.
type NewTenant struct {
	Name    string
	Display string
	// Admin is the name of its first user.
	Admin string
	// Project is its first project; "" makes none. CostCenter and Owner are the project's.
	Project, CostCenter, Owner string
}

func (n NewTenant) check() error {
	var problems []kernel.Problem
	if !label.MatchString(n.Name) {
		problems = append(problems, kernel.Problem{
			Path: "name", Message: "the name " + quote(n.Name) + " is not possible",
			Fix: "use 1 to 40 lower-case letters, digits or '-', starting and ending with a letter or digit",
		})
	}
	problems = append(problems, checkDisplay(n.Display)...)
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the tenant is not possible").WithProblems(problems...)
}

func checkDisplay(text string) []kernel.Problem {
	if len(text) <= 200 && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		return nil
	}
	return []kernel.Problem{{Path: "display", Message: "it has more than 200 bytes, or signs that are not printed", Fix: "shorten it"}}
}

func closed(t Tenant) error {
	switch t.State {
	case Suspended:
		return kernel.Errorf(kernel.Denied, "the tenant %s is suspended%s", t.Name, because(t.Reason)).
			WithFix("ask whoever runs the platform")
	case Leaving:
		return kernel.Errorf(kernel.Denied, "the tenant %s leaves the platform%s", t.Name, because(t.Reason)).
			WithFix("whoever runs the platform can call that off until %s", t.Departure.At.UTC().Format(time.RFC3339))
	case Gone:
		return kernel.Errorf(kernel.Denied, "the tenant %s has left the platform", t.Name)
	case Active:
	}
	return nil
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return fmt.Sprintf(": %s", reason)
}

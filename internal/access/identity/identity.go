// Package identity knows who may do what: local users and their passwords,
// personal tokens, roles per project, and the one decision every room asks for.
//
// It owns users, tokens, roles and the table of actions. It does not own
// tenants and projects (access/tenant), what happened (access/audit) or what a
// run's token says (platform/tokens).
package identity

import (
	"regexp"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// User is a person with an account in a tenant.
type User struct {
	ID     string
	Tenant string
	// Name is the login name, unique in the tenant.
	Name string
	// Password is the argon2id hash in PHC form; it never leaves the server.
	Password  string
	CreatedAt time.Time
	// DisabledAt is since when the user is kept out, zero for one who is not.
	DisabledAt time.Time
}

// isDisabled reports whether the user is kept out.
func (u User) isDisabled() bool { return !u.DisabledAt.IsZero() }

func (u User) actor() kernel.Actor {
	return kernel.Actor{ID: u.ID, Name: u.Name, Kind: kernel.ActorUser, Tenant: u.Tenant}
}

// Token is a personal token. Its secret is known to its bearer alone; Terrace
// keeps the SHA-256.
type Token struct {
	ID     string
	Tenant string
	UserID string
	// Name tells the user's tokens apart.
	Name      string
	Hash      string
	CreatedAt time.Time
	// ExpiresAt is zero for a token that does not expire.
	ExpiresAt time.Time
	// LastUsedAt is right to the minute, zero before the first use.
	LastUsedAt time.Time
}

// Role is what a user may do in a project, or in all of a tenant.
type Role string

// The roles.
const (
	Viewer    Role = "viewer"
	Developer Role = "developer"
	Approver  Role = "approver"
	Admin     Role = "admin"
)

// Roles returns every role, the least first.
func Roles() []Role { return []Role{Viewer, Developer, Approver, Admin} }

// Membership is the role of a user in a project; the project "" is the whole tenant.
type Membership struct {
	UserID  string
	User    string
	Project string
	Role    Role
}

const (
	minPassword = 12
	maxPassword = 256
)

var loginName = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$`)

func checkName(name string) error {
	if loginName.MatchString(name) {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the user name %q is not possible", name).
		WithProblems(kernel.Problem{Path: "name", Message: "it must have 1 to 64 lower-case letters, digits, '.', '_' or '-', and start and end with a letter or digit"})
}

func checkPassword(password string) error {
	if len(password) >= minPassword && len(password) <= maxPassword {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the password is not possible").
		WithProblems(kernel.Problem{Path: "password", Message: "it must have 12 to 256 bytes"})
}

func checkRole(role Role) error {
	for _, r := range Roles() {
		if r == role {
			return nil
		}
	}
	return kernel.Errorf(kernel.Invalid, "the role %q does not exist", role).
		WithProblems(kernel.Problem{Path: "role", Message: "it must be viewer, developer, approver or admin"})
}

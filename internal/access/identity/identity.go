// Package identity knows who may do what: local users and their passwords, groups,
// service accounts, tokens, grants of roles at the nodes of the tree platform, tenant,
// project, stage, and the one decision every room asks for.
//
// It owns users, groups, service accounts, tokens, grants, elevations and the table of
// actions. It does not own tenants and projects (access/tenant), what happened
// (access/audit) or what a run's token says (platform/tokens).
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
	Password string
	// Given says that somebody else has chosen the password: it lets its user choose their
	// own, and nothing else.
	Given     bool
	CreatedAt time.Time
	// DisabledAt is since when the user is kept out, zero for one who is not.
	DisabledAt time.Time
}

// isDisabled reports whether the user is kept out.
func (u User) isDisabled() bool { return !u.DisabledAt.IsZero() }

func (u User) subject() Subject { return Subject{Kind: KindUser, ID: u.ID, Name: u.Name} }

func (u User) actor() kernel.Actor {
	return kernel.Actor{ID: u.ID, Name: u.Name, Kind: kernel.ActorUser, Tenant: u.Tenant}
}

// Token is a personal token, or one of a service account. Its secret is known to its
// bearer alone; Terrace keeps the SHA-256.
type Token struct {
	ID     string
	Tenant string
	// SubjectID is whose it is: a user's id or a service account's.
	SubjectID string
	// Name tells the subject's tokens apart.
	Name string
	Hash string
	// Limits is what it narrows, nil for nothing.
	Limits    *kernel.Limits
	CreatedAt time.Time
	// ExpiresAt is zero for a token that does not expire.
	ExpiresAt time.Time
	// LastUsedAt is right to the minute, zero before the first use.
	LastUsedAt time.Time
}

// The bounds of names and passwords, in bytes.
const (
	maxName     = 64
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

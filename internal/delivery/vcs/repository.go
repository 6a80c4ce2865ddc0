package vcs

import (
	"regexp"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Provider is who hosts a repository.
type Provider string

// The providers.
const (
	Hosted      Provider = "terrace"
	GitHub      Provider = "github"
	AzureDevOps Provider = "azuredevops"
)

// Providers returns all providers.
func Providers() []Provider { return []Provider{Hosted, GitHub, AzureDevOps} }

// The bounds of a hosted repository.
const (
	DefaultQuota = 1 << 30
	MaxQuota     = 64 << 30
)

// Repository is a repository of a project.
type Repository struct {
	ID    string       `json:"id"`
	Scope kernel.Scope `json:"-"`
	// Name is unique in the project.
	Name          string   `json:"name"`
	Provider      Provider `json:"provider"`
	DefaultBranch string   `json:"defaultBranch"`
	// Remote is where it is on its provider; empty for a hosted one.
	Remote Remote `json:"remote"`
	// Protection is about the default branch of a hosted one.
	Protection Protection `json:"protection"`
	// Quota bounds a hosted one, in bytes.
	Quota     int64     `json:"quota,omitempty"`
	CreatedBy string    `json:"createdBy"`
	CreatedAt time.Time `json:"createdAt"`
	// References are what its credentials are read from, where one repository is shown.
	References *References `json:"references,omitempty"`
	// Sealed are the credentials of a connected one.
	Sealed []byte `json:"-"`
}

// Remote is a repository on its provider.
type Remote struct {
	// API and Clone are the provider's addresses.
	API   string `json:"api,omitempty"`
	Clone string `json:"clone,omitempty"`
	// Owner is the owner on GitHub, ORGANIZATION/PROJECT on Azure DevOps.
	Owner string `json:"owner,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Protection says who may change the default branch; empty is every developer.
type Protection struct {
	// Push is the role that may push to it: developer, approver, admin, or nobody.
	Push string `json:"push,omitempty"`
	// Merge is the role that may merge into it: developer, approver or admin.
	Merge string `json:"merge,omitempty"`
	// Checks lets a pull request merge only when all of its plans succeeded.
	Checks bool `json:"checks,omitempty"`
	// Rewrite is the role that may push to it what leaves out commits that are there: developer,
	// approver or admin; nobody unless given.
	Rewrite string `json:"rewrite,omitempty"`
}

// nobody may push to a branch that only merges change.
const nobody = "nobody"

// protected reports whether the branch has a rule of its own.
func (p Protection) protected() bool { return p.Push != "" && p.Push != "developer" }

// Credentials are what Terrace signs in with, and what webhooks are signed with.
type Credentials struct {
	Username string `json:"username,omitempty"`
	// Token is the token itself or, with TokenBy, a reference to a secret of the project.
	Token string `json:"token,omitempty"`
	// TokenBy is who has written the reference.
	TokenBy *kernel.Actor `json:"tokenBy,omitempty"`
	// Hook signs webhooks, and marks comments; with HookBy it does the latter alone.
	Hook string `json:"hook"`
	// HookReference is a reference to the secret that webhooks are signed with instead, and
	// HookBy who has written it.
	HookReference string        `json:"hookReference,omitempty"`
	HookBy        *kernel.Actor `json:"hookBy,omitempty"`
}

// References are what the credentials of a repository are read from.
type References struct {
	Token   *Reference `json:"token,omitempty"`
	Webhook *Reference `json:"webhook,omitempty"`
}

// Reference is one to a secret.
type Reference struct {
	Reference string `json:"reference"`
	// By is the name of who has written it: the secret is read with what they may do.
	By string `json:"by"`
}

// references returns what of the credentials is read from elsewhere, nil for nothing.
func (c Credentials) references() *References {
	var all References
	if c.TokenBy != nil {
		all.Token = &Reference{c.Token, c.TokenBy.Name}
	}
	if c.HookBy != nil {
		all.Webhook = &Reference{c.HookReference, c.HookBy.Name}
	}
	if all == (References{}) {
		return nil
	}
	return &all
}

var repositoryName = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$`)

func checkRepositoryName(name string) error {
	if repositoryName.MatchString(name) && !regexp.MustCompile(`\.git$|\.\.`).MatchString(name) {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "%q cannot be the name of a repository", name).
		WithFix("use 1 to 63 lower-case letters, digits, dots, dashes and underscores, without .git at the end")
}

func checkBranch(name string) error {
	if gitexec.IsBranch(name) {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "%q cannot be the name of a branch here", name).
		WithFix("use letters, digits, dots, dashes, underscores and slashes")
}

func (p Protection) check() error {
	push := map[string]bool{"": true, "developer": true, "approver": true, "admin": true, nobody: true}
	merge := map[string]bool{"": true, "developer": true, "approver": true, "admin": true}
	if push[p.Push] && merge[p.Merge] && merge[p.Rewrite] {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the protection names a role that there is not").
		WithFix("push: developer, approver, admin or nobody; merge and rewrite: developer, approver or admin")
}

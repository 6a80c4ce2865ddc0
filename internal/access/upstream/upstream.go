// Package upstream has people sign in with other OpenID providers, such as Entra ID:
// Terrace is their relying party.
//
// It owns which providers a tenant has, how an answer of one is checked, whose account
// there belongs to which user here, and the rules by which claims give groups and roles.
// It does not own users, groups and roles themselves (access/identity), nor what a
// browser is given once somebody has signed in (access/provider).
package upstream

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// NewUsers says what happens to somebody whom nobody here knows.
type NewUsers string

// What happens to somebody whom nobody here knows.
const (
	// Refuse keeps them out until they link their account to a user.
	Refuse NewUsers = "refuse"
	// CreateDisabled makes a user whom an admin has to let in.
	CreateDisabled NewUsers = "disabled"
	// CreateActive makes a user who has what rules give them.
	CreateActive NewUsers = "active"
)

// MadeUsers says what becomes of users whom an upstream has made, and who sign in in no other
// way, when it is removed.
type MadeUsers string

// What becomes of users whom an upstream has made.
const (
	KeepUsers    MadeUsers = "keep"
	DisableUsers MadeUsers = "disable"
	DeleteUsers  MadeUsers = "delete"
)

// Overage says how groups are asked for that did not fit into a token of Entra ID.
type Overage string

// How groups are asked for that did not fit.
const (
	// OverageRefuse lets nobody in whose groups are not known.
	OverageRefuse Overage = "refuse"
	// OverageUser asks with the access token of who signs in.
	OverageUser Overage = "user"
	// OverageClient asks as Terrace itself, with client credentials.
	OverageClient Overage = "client"
)

// PublicGraph is where Microsoft Graph is reached.
const PublicGraph = "https://graph.microsoft.com"

// Settings are what an admin says of an upstream, beside its name, issuer and secret.
type Settings struct {
	// Label is on its button: Sign in with Label.
	Label    string `json:"label"`
	ClientID string `json:"clientId"`
	// Scopes are asked for; openid is among them.
	Scopes []string `json:"scopes"`
	// Subject are the claims that tell accounts apart.
	Subject []string `json:"subject"`
	// NameClaim and EmailClaim are where the name and the address of somebody are.
	NameClaim  string   `json:"nameClaim"`
	EmailClaim string   `json:"emailClaim"`
	NewUsers   NewUsers `json:"newUsers"`
	// EmailDomains are those that addresses must be of, verified; none is any.
	EmailDomains []string `json:"emailDomains,omitempty"`
	// EntraTenants are the tenants of Entra ID that accounts must be of; none is any.
	EntraTenants []string `json:"entraTenants,omitempty"`
	// OwnAccounts is an admin's word that all accounts there are those of their people.
	OwnAccounts bool `json:"ownAccounts,omitempty"`
	// LinkByEmail links an account to the user whose name is before the @ of its address.
	LinkByEmail bool `json:"linkByEmail,omitempty"`
	// UserInfo asks the userinfo endpoint for all claims. Without it, it is asked for a name or
	// an address that is not in the ID token.
	UserInfo bool `json:"userInfo,omitempty"`
	// TwoFactors are what of the claims acr and amr means that somebody has proven two
	// factors: acr=VALUE or amr=VALUE; none is DefaultTwoFactors.
	TwoFactors []string `json:"twoFactors,omitempty"`
	Overage    Overage  `json:"overage"`
	Graph      string   `json:"graph"`
	// SignOut signs people out there, too.
	SignOut bool `json:"signOut,omitempty"`
	Enabled bool `json:"enabled"`
	// Order is where its button is: the lowest first.
	Order int `json:"order"`
	// SecretFrom is what the client's secret is read from, nil for one that is kept here. Who
	// gives the secret decides that.
	SecretFrom *SecretReference `json:"secretFrom,omitempty"`
}

// Upstream is another provider that signs people of a tenant in.
type Upstream struct {
	Settings

	ID     string
	Tenant string
	// Name is unique in the tenant, and the source of what its rules give.
	Name string
	// Issuer stays as it is: accounts of another one are other accounts.
	Issuer string
	// Secret is the client's, sealed; empty for a client without one.
	Secret []byte
	Rules  []Rule
	// RulesText is what Rules were read from.
	RulesText string
	CreatedAt time.Time
	// Revision counts changes.
	Revision int64
}

// HasSecret reports whether the client has a secret.
func (u Upstream) HasSecret() bool { return len(u.Secret) > 0 || u.SecretFrom != nil }

// path is where the upstream is under the address of Terrace.
func (u Upstream) path() string { return "/sign-in/with/" + u.Tenant + "/" + u.Name }

// manyTenants reports the issuer of Entra ID that signs in accounts of several of its tenants.
func (u Upstream) manyTenants() bool {
	return strings.HasSuffix(u.Issuer, "/organizations/v2.0") || strings.HasSuffix(u.Issuer, "/common/v2.0")
}

// tenantPlaceholder is what such an issuer says instead of a tenant.
const tenantPlaceholder = "{tenantid}"

// issuerOf returns the issuer of accounts of a tenant of Entra ID, or the issuer itself.
func (u Upstream) issuerOf(tid string) string {
	if !u.manyTenants() {
		return u.Issuer
	}
	base := strings.TrimSuffix(strings.TrimSuffix(u.Issuer, "/organizations/v2.0"), "/common/v2.0")
	return base + "/" + tid + "/v2.0"
}

// Account is who somebody is at an upstream.
type Account struct {
	// Subject are the claims that tell accounts apart, as JSON.
	Subject string
	// Name and Email are for people; the latter is "" unless it is told.
	Name  string
	Email string
	// Verified says that the upstream says that the address is theirs.
	Verified bool
}

// subjectKey writes the claims that tell accounts apart, with their names, so that no
// other choice of claims gives the same text.
func subjectKey(names, values []string) string {
	pairs := make([][2]string, len(names))
	for i, name := range names {
		pairs[i] = [2]string{name, values[i]}
	}
	raw, _ := json.Marshal(pairs) // strings always can be
	return string(raw)
}

// LinkedBy says how an account came to belong to a user.
type LinkedBy string

// How an account came to belong to a user.
const (
	LinkedAtFirst LinkedBy = "first sign-in"
	LinkedBySelf  LinkedBy = "its user"
	LinkedByEmail LinkedBy = "its address"
)

// Link says that an account of an upstream belongs to a user.
type Link struct {
	ID       string
	Tenant   string
	Upstream string // the id
	Name     string // of the upstream
	UserID   string
	Account
	By        LinkedBy
	LinkedAt  time.Time
	LastUsed  time.Time
	LastGiven []string // the names of the rules that applied last
}

// Session is a sign-in at an upstream: what came of it here ends with it.
type Session struct {
	ID       string
	Tenant   string
	Upstream string
	UserID   string
	Link     string
	Subject  string // the claim sub
	SID      string // the claim sid, "" for none
	// IDToken is sealed; empty unless people are signed out there, too.
	IDToken   []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Logout is an upstream's word that somebody has signed out there.
type Logout struct {
	ID       string
	Tenant   string
	Upstream string
	Subject  string // the claim sub, "" for whoever has the session
	SID      string // the claim sid, "" for all sessions of the account
	// At is when that was said.
	At        time.Time
	ExpiresAt time.Time
}

// callback is where an upstream sends people back to.
func (u Upstream) callback(address string) string { return address + u.path() + "/callback" }

func (u Upstream) clone() Upstream {
	u.Scopes, u.Subject, u.EmailDomains, u.EntraTenants = slices.Clone(u.Scopes), slices.Clone(u.Subject), slices.Clone(u.EmailDomains), slices.Clone(u.EntraTenants)
	u.TwoFactors = slices.Clone(u.TwoFactors)
	return u
}

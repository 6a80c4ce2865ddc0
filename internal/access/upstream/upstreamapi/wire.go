package upstreamapi

import (
	"time"

	"github.com/terrace-idp/terrace/internal/access/upstream"
)

// UpstreamSettings are what an admin says of another provider. What is not named has its
// default, or stays.
type UpstreamSettings struct {
	Label        *string            `json:"label,omitempty" maxLength:"64" doc:"What is on its button: Sign in with …; its name unless given."`
	ClientID     *string            `json:"clientId,omitempty" maxLength:"256" doc:"What it calls Terrace."`
	ClientSecret *string            `json:"clientSecret,omitempty" maxLength:"1024" doc:"The secret of the client, which is never shown, or a reference to it, ${secret:PROJECT/STAGE/NAME}; empty for a client without one."`
	Scopes       []string           `json:"scopes,omitempty" maxItems:"64" doc:"What is asked for; openid, profile and email unless given."`
	Subject      []string           `json:"subject,omitempty" maxItems:"4" doc:"The claims that tell accounts apart; iss and sub unless given. None that people can change."`
	NameClaim    *string            `json:"nameClaim,omitempty" maxLength:"128" doc:"Where the name of somebody is; preferred_username unless given."`
	EmailClaim   *string            `json:"emailClaim,omitempty" maxLength:"128" doc:"Where the address of somebody is; email unless given."`
	NewUsers     *upstream.NewUsers `json:"newUsers,omitempty" doc:"What happens to somebody whom nobody here knows; refuse unless given."`
	EmailDomains *[]string          `json:"emailDomains,omitempty" maxItems:"64" doc:"Domains that addresses must be of, verified; any unless given."`
	EntraTenants *[]string          `json:"entraTenants,omitempty" maxItems:"64" doc:"Tenants of Entra ID that accounts must be of, by their ids; any unless given."`
	OwnAccounts  *bool              `json:"ownAccounts,omitempty" doc:"Says that all accounts there are those of the tenant's people, since nobody can sign up by themselves; not needed under the domain of Terrace."`
	LinkByEmail  *bool              `json:"linkByEmail,omitempty" doc:"Whether an account becomes that of the user whose name is before the @ of its verified address."`
	UserInfo     *bool              `json:"userInfo,omitempty" doc:"Whether the userinfo endpoint is asked for all claims; without it, only for a name or an address that is not in the ID token."`
	TwoFactors   *[]string          `json:"twoFactors,omitempty" maxItems:"64" doc:"What it says of who has proven two factors, acr=VALUE or amr=VALUE; amr=mfa unless given."`
	Overage      *upstream.Overage  `json:"overage,omitempty" doc:"How groups are asked for that did not fit into a token of Entra ID; refuse unless given."`
	Graph        *string            `json:"graph,omitempty" maxLength:"256" doc:"Where Microsoft Graph is; https://graph.microsoft.com unless given."`
	SignOut      *bool              `json:"signOut,omitempty" doc:"Whether who signs out here is signed out there, too."`
	Enabled      *bool              `json:"enabled,omitempty" doc:"Whether people can sign in with it; true unless given."`
	Order        *int               `json:"order,omitempty" minimum:"0" maximum:"1000" doc:"Where its button is: the lowest first."`
}

func put[T any](into *T, from *T) {
	if from != nil {
		*into = *from
	}
}

func (in UpstreamSettings) apply(s *upstream.Settings) {
	put(&s.Label, in.Label)
	put(&s.ClientID, in.ClientID)
	put(&s.NameClaim, in.NameClaim)
	put(&s.EmailClaim, in.EmailClaim)
	put(&s.NewUsers, in.NewUsers)
	put(&s.EmailDomains, in.EmailDomains)
	put(&s.EntraTenants, in.EntraTenants)
	put(&s.OwnAccounts, in.OwnAccounts)
	put(&s.LinkByEmail, in.LinkByEmail)
	put(&s.UserInfo, in.UserInfo)
	put(&s.TwoFactors, in.TwoFactors)
	put(&s.Overage, in.Overage)
	put(&s.Graph, in.Graph)
	put(&s.SignOut, in.SignOut)
	put(&s.Enabled, in.Enabled)
	put(&s.Order, in.Order)
	if len(in.Scopes) > 0 {
		s.Scopes = in.Scopes
	}
	if len(in.Subject) > 0 {
		s.Subject = in.Subject
	}
}

// NewUpstream asks for another provider.
type NewUpstream struct {
	UpstreamSettings

	Name   string `json:"name" minLength:"1" maxLength:"32" doc:"Unique in the tenant."`
	Issuer string `json:"issuer" minLength:"1" maxLength:"256" doc:"The address under which it says what it is, to the letter."`
}

// UpstreamRule gives a group or a role to whom a provider says certain things of.
type UpstreamRule struct {
	Name  string               `json:"name"`
	When  []upstream.Condition `json:"when,omitempty" doc:"What must hold; without any it is for everybody who signs in with the provider."`
	Group string               `json:"group,omitempty" doc:"The group that it gives."`
	Role  *upstream.Role       `json:"role,omitempty" doc:"The role that it gives."`
}

// UpstreamSecretReference is a reference to a client's secret.
type UpstreamSecretReference struct {
	Reference string `json:"reference" example:"${secret:shop/prod/entra}"`
	By        string `json:"by" doc:"Who has written it: the secret is read with what they may do."`
}

// Upstream is another provider that people sign in with.
type Upstream struct {
	Name      string `json:"name"`
	Label     string `json:"label"`
	Issuer    string `json:"issuer"`
	ClientID  string `json:"clientId"`
	HasSecret bool   `json:"hasSecret" doc:"Whether the client has a secret."`
	// SecretReference is absent for a secret that is kept here.
	SecretReference *UpstreamSecretReference `json:"secretReference,omitempty" doc:"What the client's secret is read from; absent for one that is kept here."`
	RedirectURI     string                   `json:"redirectUri" doc:"Where the provider sends people back to, which it has to know."`
	LogoutURI       string                   `json:"logoutUri" doc:"Where the provider tells that somebody has signed out there."`
	SignedOutURI    string                   `json:"signedOutUri" doc:"Where the provider sends people back to who have signed out there."`
	Scopes          []string                 `json:"scopes"`
	Subject         []string                 `json:"subject" doc:"The claims that tell accounts apart."`
	NameClaim       string                   `json:"nameClaim"`
	EmailClaim      string                   `json:"emailClaim"`
	NewUsers        upstream.NewUsers        `json:"newUsers"`
	EmailDomains    []string                 `json:"emailDomains"`
	EntraTenants    []string                 `json:"entraTenants"`
	OwnAccounts     bool                     `json:"ownAccounts" doc:"Whether an admin has said that all accounts there are those of the tenant's people."`
	LinkByEmail     bool                     `json:"linkByEmail"`
	UserInfo        bool                     `json:"userInfo"`
	TwoFactors      []string                 `json:"twoFactors" doc:"What it says of who has proven two factors; none is amr=mfa."`
	Overage         upstream.Overage         `json:"overage"`
	Graph           string                   `json:"graph"`
	SignOut         bool                     `json:"signOut"`
	Enabled         bool                     `json:"enabled"`
	Order           int                      `json:"order"`
	Rules           []UpstreamRule           `json:"rules"`
	RulesText       string                   `json:"rulesText" doc:"The document that the rules were read from."`
	CreatedAt       time.Time                `json:"createdAt"`
}

func words(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (a API) wire(u upstream.Upstream) Upstream {
	back := a.Upstreams.Callback(u)
	base := back[:len(back)-len("/callback")]
	rules := make([]UpstreamRule, len(u.Rules))
	for i, r := range u.Rules {
		rules[i] = UpstreamRule(r)
	}
	return Upstream{
		Name: u.Name, Label: u.Label, Issuer: u.Issuer, ClientID: u.ClientID, HasSecret: u.HasSecret(), SecretReference: referenceOf(u), RedirectURI: back, LogoutURI: base + "/logout",
		SignedOutURI: base + "/signed-out", Scopes: words(u.Scopes), Subject: words(u.Subject), NameClaim: u.NameClaim, EmailClaim: u.EmailClaim,
		NewUsers: u.NewUsers, EmailDomains: words(u.EmailDomains), EntraTenants: words(u.EntraTenants), OwnAccounts: u.OwnAccounts, LinkByEmail: u.LinkByEmail, UserInfo: u.UserInfo, TwoFactors: words(u.TwoFactors),
		Overage: u.Overage, Graph: u.Graph, SignOut: u.SignOut, Enabled: u.Enabled, Order: u.Order, Rules: rules, RulesText: u.RulesText, CreatedAt: u.CreatedAt,
	}
}

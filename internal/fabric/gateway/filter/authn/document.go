package authn

import "github.com/terrace-idp/terrace/internal/kernel"

// document is what a spec may have, for those who write one, and the names that its
// reader takes.
type document struct {
	Required          bool             `json:"required,omitempty" doc:"Whether who shows nothing is refused; true by default."`
	ForwardCredential bool             `json:"forwardCredential,omitempty" doc:"Whether the service gets the token or key; true by default."`
	Providers         []providerDoc    `json:"providers,omitempty" doc:"The first whose credential a request has decides."`
	ClaimsToHeaders   []claimHeaderDoc `json:"claimsToHeaders,omitempty" doc:"Claims that the service gets as headers."`
}

type providerDoc struct {
	Name   string     `json:"name" doc:"Its name, of lower-case letters, digits and hyphens."`
	JWT    *jwtDoc    `json:"jwt,omitempty" doc:"Tokens (RFC 7519)."`
	OIDC   *oidcDoc   `json:"oidc,omitempty" doc:"People with browsers, by OpenID Connect."`
	APIKey *apiKeyDoc `json:"apiKey,omitempty" doc:"Keys of programs."`
	MTLS   *mtlsDoc   `json:"mtls,omitempty" doc:"Certificates of clients."`
}

type claimHeaderDoc struct {
	Claim  string `json:"claim" doc:"The claim's name, or a JSON pointer to it."`
	Header string `json:"header" doc:"The header, which is removed from every request first."`
}

type jwtDoc struct {
	Issuers        []issuerDoc        `json:"issuers" doc:"Who gives the tokens."`
	Audiences      []string           `json:"audiences" doc:"Whom the tokens are for, one of them."`
	Algorithms     []string           `json:"algorithms,omitempty" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA" doc:"The algorithms that are taken; all by default."`
	ClockSkew      kernel.Duration    `json:"clockSkew,omitempty" doc:"How far clocks may differ, at most 5m."`
	Types          []string           `json:"types,omitempty" doc:"What tokens have as typ."`
	RequiredClaims []requiredClaimDoc `json:"requiredClaims,omitempty" doc:"Claims that tokens have to have."`
	From           []fromDoc          `json:"from,omitempty" doc:"Where the token is; Authorization: Bearer unless given."`
	ConsumerClaim  string             `json:"consumerClaim,omitempty" doc:"Who is counted and limited."`
	ScopeClaim     string             `json:"scopeClaim,omitempty" doc:"The claim that has the scopes."`
}

type issuerDoc struct {
	Issuer  string `json:"issuer" doc:"What its tokens have as iss."`
	JWKSURL string `json:"jwksUrl,omitempty" doc:"Where its keys are; found by discovery unless given."`
}

type requiredClaimDoc struct {
	Name   string   `json:"name" doc:"The claim's name, or a JSON pointer to it."`
	Values []string `json:"values,omitempty" doc:"Values of which it has one; any without."`
}

type fromDoc struct {
	Header string `json:"header,omitempty" doc:"The header."`
	Scheme string `json:"scheme,omitempty" doc:"What stands before the token, such as Bearer."`
	Cookie string `json:"cookie,omitempty" doc:"The cookie, in place of a header."`
}

type oidcDoc struct {
	Issuer          string      `json:"issuer" doc:"The address of the provider."`
	ClientID        string      `json:"clientId" doc:"Who the gateway is at the provider."`
	ClientSecret    string      `json:"clientSecret,omitempty" doc:"A reference such as ${secret:NAME}; without one the client is public."`
	Scopes          []string    `json:"scopes,omitempty" doc:"What is asked for besides openid."`
	CallbackPath    string      `json:"callbackPath,omitempty" doc:"Where browsers come back to."`
	LoginPath       string      `json:"loginPath,omitempty" doc:"Where signing in begins."`
	LogoutPath      string      `json:"logoutPath,omitempty" doc:"Where a session is ended."`
	AfterLogout     string      `json:"afterLogout,omitempty" doc:"Where browsers go after it."`
	BackchannelPath string      `json:"backchannelPath,omitempty" doc:"Where the provider ends sessions."`
	UserInfoClaims  []string    `json:"userInfoClaims,omitempty" doc:"Claims that are asked of the provider's userinfo."`
	Session         *sessionDoc `json:"session,omitempty" doc:"How long a session lasts."`
	ConsumerClaim   string      `json:"consumerClaim,omitempty" doc:"Who is counted and limited."`
	ScopeClaim      string      `json:"scopeClaim,omitempty" doc:"The claim that has the scopes."`
}

type sessionDoc struct {
	Idle     kernel.Duration `json:"idle,omitempty" doc:"Without a request; 1h unless given."`
	Absolute kernel.Duration `json:"absolute,omitempty" doc:"At the longest; 12h unless given."`
}

type apiKeyDoc struct {
	Header   string   `json:"header,omitempty" doc:"The header that has the key."`
	Query    string   `json:"query,omitempty" doc:"The parameter that has it, in place of a header."`
	Prefix   string   `json:"prefix,omitempty" doc:"What keys begin with; others are none."`
	Products bool     `json:"products,omitempty" doc:"Keys of subscriptions are taken, too."`
	Keys     []keyDoc `json:"keys,omitempty" doc:"The keys."`
}

type keyDoc struct {
	Name   string   `json:"name" doc:"Whose key it is."`
	SHA256 string   `json:"sha256,omitempty" doc:"Its SHA-256 in hexadecimal digits."`
	Secret string   `json:"secret,omitempty" doc:"A reference such as ${secret:NAME}, in place of the digest."`
	Scopes []string `json:"scopes,omitempty" doc:"The scopes that it proves."`
}

type mtlsDoc struct {
	Authorities       string         `json:"authorities,omitempty" doc:"The certificates of the authorities, as PEM."`
	PlatformAuthority bool           `json:"platformAuthority,omitempty" doc:"Whether certificates that Terrace's own authority gave to workloads of the tenant are taken, too."`
	Allow             []allowanceDoc `json:"allow,omitempty" doc:"Which certificates are taken; all of the authorities' without."`
}

type allowanceDoc struct {
	CommonName   string   `json:"commonName,omitempty" doc:"The subject's common name; * stands for what is between two slashes."`
	Organization string   `json:"organization,omitempty" doc:"The subject's organization."`
	DNSName      string   `json:"dnsName,omitempty" doc:"A DNS name."`
	URI          string   `json:"uri,omitempty" doc:"A URI, such as a SPIFFE ID."`
	Email        string   `json:"email,omitempty" doc:"An email address."`
	Project      string   `json:"project,omitempty" doc:"The project of the workload, of Terrace's own authority."`
	Stage        string   `json:"stage,omitempty" doc:"The stage of the workload."`
	Workload     string   `json:"workload,omitempty" doc:"The workload's name."`
	Scopes       []string `json:"scopes,omitempty" doc:"The scopes that it proves."`
}

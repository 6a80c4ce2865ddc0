package stage

import (
	"fmt"
	"regexp"
	"strings"
)

// Identity is what the runs of a stage are to its cloud, which trusts Terrace's tokens
// for it: no secret of the cloud is kept anywhere. Plans have one of their own.
type Identity struct {
	// Plan and Apply are client ids on azure, ARNs of roles on aws, and the addresses
	// of service accounts on gcp.
	Plan  string `json:"plan,omitempty" yaml:"plan,omitempty" koanf:"plan"`
	Apply string `json:"apply,omitempty" yaml:"apply,omitempty" koanf:"apply"`
	// Tenant and Subscription are those of azure.
	Tenant       string `json:"tenant,omitempty" yaml:"tenant,omitempty" koanf:"tenant"`
	Subscription string `json:"subscription,omitempty" yaml:"subscription,omitempty" koanf:"subscription"`
	// Provider is the resource name of the workload identity provider on gcp.
	Provider string `json:"provider,omitempty" yaml:"provider,omitempty" koanf:"provider"`
	// Audience is whom the tokens are for, where the cloud was told another one than its usual.
	Audience string `json:"audience,omitempty" yaml:"audience,omitempty" koanf:"audience"`
}

// The usual audiences of clouds.
const (
	AudienceAzure = "api://AzureADTokenExchange"
	AudienceAWS   = "sts.amazonaws.com"
	audienceGCP   = "//iam.googleapis.com/"
)

// IdentityAudience returns whom the identity tokens of the stage's runs are for, ""
// where they have no identity.
func (s Stage) IdentityAudience() string {
	switch {
	case s.Identity == Identity{}:
		return ""
	case s.Identity.Audience != "":
		return s.Identity.Audience
	case s.Target == TargetAWS:
		return AudienceAWS
	case s.Target == TargetGCP:
		return s.Identity.ProviderName()
	}
	return AudienceAzure
}

// ProviderName returns the whole name of the provider on gcp, as its exchange of tokens
// wants it.
func (i Identity) ProviderName() string { return audienceGCP + i.Provider }

var (
	uuidPattern     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	rolePattern     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}$`)
	accountPattern  = regexp.MustCompile(`^[a-z0-9-]{1,63}@[a-z0-9.-]{1,200}\.gserviceaccount\.com$`)
	providerPattern = regexp.MustCompile(`^projects/[0-9]+/locations/global/workloadIdentityPools/[a-z0-9-]{1,63}/providers/[a-z0-9-]{1,63}$`)
)

func (c *checker) identity(path string, s Stage) {
	i := s.Identity
	if i == (Identity{}) {
		return
	}
	switch s.Target {
	case TargetAzure:
		const uuid = "write its id, such as 00000000-0000-0000-0000-000000000000"
		c.matches(path+".plan", "client id", i.Plan, uuidPattern, uuid)
		c.matches(path+".apply", "client id", i.Apply, uuidPattern, uuid)
		c.matches(path+".tenant", "tenant", i.Tenant, uuidPattern, uuid)
		c.matches(path+".subscription", "subscription", i.Subscription, uuidPattern, uuid)
	case TargetAWS:
		const role = "write its ARN, such as arn:aws:iam::123456789012:role/terrace-dev-plan"
		c.matches(path+".plan", "role", i.Plan, rolePattern, role)
		c.matches(path+".apply", "role", i.Apply, rolePattern, role)
	case TargetGCP:
		const account = "write its address, such as plan-dev@project.iam.gserviceaccount.com"
		c.matches(path+".plan", "service account", i.Plan, accountPattern, account)
		c.matches(path+".apply", "service account", i.Apply, accountPattern, account)
		c.matches(path+".provider", "provider", i.Provider, providerPattern,
			"write its resource name, projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER")
	default:
		c.add(path, "runs on the target local sign in nowhere", "leave it out")
		return
	}
	c.identityParts(path, s)
}

// identityParts refuses what another target has, and one identity for both phases.
func (c *checker) identityParts(path string, s Stage) {
	i := s.Identity
	if s.Target != TargetAzure && (i.Tenant != "" || i.Subscription != "") {
		c.add(path, "tenant and subscription are for the target azure", "leave them out")
	}
	if s.Target != TargetGCP && i.Provider != "" {
		c.add(path+".provider", "it is for the target gcp", "leave it out")
	}
	if i.Plan != "" && strings.EqualFold(i.Plan, i.Apply) {
		c.add(path+".plan", "plans would have the identity that applies: a plan runs what no one has looked at", "give plans an identity of their own that may read and no more")
	}
	if strings.ContainsAny(i.Audience, " \t\r\n\x00") || len(i.Audience) > 512 {
		c.add(path+".audience", fmt.Sprintf("%q cannot be an audience", i.Audience), "leave it out for the cloud's usual one")
	}
}

func (c *checker) matches(path, what, value string, pattern *regexp.Regexp, fix string) {
	switch {
	case value == "":
		c.add(path, "the "+what+" is missing", fix)
	case !pattern.MatchString(value):
		c.add(path, fmt.Sprintf("%q is no %s", value, what), fix)
	}
}

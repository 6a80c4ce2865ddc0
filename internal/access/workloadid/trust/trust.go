// Package trust takes tokens of others, such as those that GitHub Actions gives its
// jobs, in exchange for short tokens of Terrace: no secret of Terrace is kept in a CI
// system.
//
// It owns the rules by which a tenant trusts an issuer, and how a token is checked
// against them. It does not own what a service account may do (access/identity), nor
// how Terrace's own tokens are made (access/provider).
package trust

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Rule says which tokens of an issuer stand for which service account.
type Rule struct {
	ID     string
	Tenant string
	// Name is unique in the tenant; of several rules that a token fits, the first by name counts.
	Name string
	// Issuer is the address under which its keys are found (OpenID Connect Discovery §4).
	Issuer string
	// Audience is whom a token must be for.
	Audience string
	// Conditions are what claims must be, by name: the value, or a pattern in which * is
	// any characters but / and ? is one.
	Conditions map[string]string
	// ServiceID is the account that a token stands for.
	ServiceID string
	Service   string
	// Scopes, Projects and Stages narrow the token to less than the account may.
	Scopes    []string
	Projects  []string
	Stages    []string
	CreatedAt time.Time
}

// The bounds of a rule.
const (
	maxConditions = 16
	maxPattern    = 256
	maxList       = 64
)

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`)
	claimPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_:/.-]{0,127}$`)
)

// AudienceOf returns the audience that is a tenant's own: a token for it is for nobody else.
func AudienceOf(issuer, tenant string) string { return issuer + "/tenants/" + tenant }

func (r Rule) problems(issuer string) (all []kernel.Problem) {
	add := func(at, message string) { all = append(all, kernel.Problem{Path: at, Message: message}) }
	if !namePattern.MatchString(r.Name) {
		add("name", fmt.Sprintf("%q cannot be a rule's name: use a-z, 0-9 and -", r.Name))
	}
	if why := wrongIssuer(r.Issuer); why != "" {
		add("issuer", why)
	}
	own := AudienceOf(issuer, r.Tenant)
	switch {
	case r.Audience == "" || len(r.Audience) > maxPattern || strings.ContainsAny(r.Audience, " \t\r\n"):
		add("audience", fmt.Sprintf("%q cannot be an audience", r.Audience))
	case strings.HasPrefix(r.Audience, issuer+"/tenants/") && r.Audience != own:
		add("audience", "it is that of another tenant; yours is "+own)
	}
	if len(r.Projects) > maxList || len(r.Stages) > maxList {
		add("projects", fmt.Sprintf("a rule has at most %d projects and stages", maxList))
	}
	for _, scope := range r.Scopes {
		if !slices.Contains(kernel.TokenScopes(), scope) {
			add("scopes", fmt.Sprintf("there is no scope %q; there are %s", scope, strings.Join(kernel.TokenScopes(), ", ")))
		}
	}
	if len(r.Scopes) == 0 {
		add("scopes", "say what the token is for: "+strings.Join(kernel.TokenScopes(), ", "))
	}
	return append(all, r.wrongConditions()...)
}

// wrongIssuer says why an address cannot be an issuer's, "" where it can.
func wrongIssuer(text string) string {
	u, err := url.Parse(text)
	ip := net.IP(nil)
	if err == nil {
		ip = net.ParseIP(u.Hostname())
	}
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(text) > maxPattern:
		return fmt.Sprintf("%q is not the address of an issuer, such as https://token.actions.githubusercontent.com", text)
	case u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())):
		return "its keys would be read in the clear: it must begin with https://"
	}
	return ""
}

// wrongConditions refuses rules that would take a token of anybody who has an account
// with the issuer.
func (r Rule) wrongConditions() (all []kernel.Problem) {
	narrow := false
	for name, pattern := range r.Conditions {
		at := "conditions." + name
		switch _, err := path.Match(pattern, ""); {
		case !claimPattern.MatchString(name):
			all = append(all, kernel.Problem{Path: at, Message: fmt.Sprintf("%q cannot be the name of a claim", name)})
		case err != nil || pattern == "" || len(pattern) > maxPattern:
			all = append(all, kernel.Problem{Path: at, Message: fmt.Sprintf("%q is not a pattern: * is any characters but /, ? is one", pattern)})
		}
		// The issuer and the audience are the same in everybody's tokens.
		narrow = narrow || name != "iss" && name != "aud" && firstLetter(pattern)
	}
	if len(r.Conditions) > maxConditions {
		all = append(all, kernel.Problem{Path: "conditions", Message: fmt.Sprintf("a rule has at most %d conditions", maxConditions)})
	}
	if !narrow {
		all = append(all, kernel.Problem{
			Path: "conditions", Message: "everybody's tokens of the issuer would do", Fix: "name a claim that is yours alone, such as repository=acme/shop or sub",
		})
	}
	return all
}

// firstLetter reports a pattern that begins with a letter or digit: one that begins with
// a star ends as anybody likes to call theirs.
func firstLetter(pattern string) bool {
	return pattern != "" && !strings.ContainsAny(pattern[:1], "*?[\\/")
}

// Fits returns why claims do not fit the conditions, "" where they do.
func (r Rule) Fits(claims map[string]any) string {
	names := make([]string, 0, len(r.Conditions))
	for name := range r.Conditions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value, ok := textOf(claims[name])
		if !ok {
			return fmt.Sprintf("it has no claim %s that could be compared", name)
		}
		if matched, err := path.Match(r.Conditions[name], value); err != nil || !matched {
			return fmt.Sprintf("its %s is %q, not %q", name, value, r.Conditions[name])
		}
	}
	return ""
}

// textOf is a claim as it is compared: lists and objects are not.
func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, v != ""
	case bool:
		return fmt.Sprint(v), true
	case float64:
		return fmt.Sprintf("%.0f", v), v == float64(int64(v))
	}
	return "", false
}

package upstream

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what is said of an upstream.
const (
	maxLabel   = 64
	maxAddress = 256
	maxSecret  = 1024
	maxList    = 64
	maxOrder   = 1000
)

var (
	namePattern   = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$`)
	scopePattern  = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,128}$`) // RFC 6749 §3.3
	claimPattern  = regexp.MustCompile(`^[^\s\x00-\x1f]{1,128}$`)
	domainPattern = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	guidPattern   = regexp.MustCompile(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// changing are claims that people, or their admins, can change: another account may have
// them tomorrow.
func changing() []string {
	return []string{"email", "preferred_username", "upn", "unique_name", "name", "nickname", "given_name", "family_name", "phone_number", "email_verified", "xms_edov"}
}

// withDefaults fills in what is not said.
func (s Settings) withDefaults(name string) Settings {
	def := func(at *string, value string) {
		if *at == "" {
			*at = value
		}
	}
	def(&s.Label, name)
	def(&s.NameClaim, "preferred_username")
	def(&s.EmailClaim, claimEmail)
	def((*string)(&s.NewUsers), string(Refuse))
	def((*string)(&s.Overage), string(OverageRefuse))
	def(&s.Graph, PublicGraph)
	if len(s.Subject) == 0 {
		s.Subject = []string{"iss", "sub"}
	}
	if len(s.Scopes) == 0 {
		s.Scopes = []string{"openid", "profile", "email"}
	}
	if !slices.Contains(s.Scopes, "openid") {
		s.Scopes = append([]string{"openid"}, s.Scopes...)
	}
	return s
}

// report collects problems by their place.
type report struct{ all []kernel.Problem }

func (r *report) add(path, fix, format string, args ...any) {
	r.all = append(r.all, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// check refuses an upstream that cannot be used by a Terrace at an address.
func (u Upstream) check(address string) error {
	var r report
	if !namePattern.MatchString(u.Name) || u.Name == "local" {
		r.add("name", "use a-z, 0-9 and -, 32 at most; local is what people do by hand", "%q cannot be the name of an upstream", u.Name)
	}
	if why := wrongAddress(u.Issuer); why != "" {
		r.add("issuer", "", "%s", why)
	}
	if why := wrongAddress(u.Graph); why != "" {
		r.add("graph", "", "%s", why)
	}
	if u.ClientID == "" || len(u.ClientID) > maxAddress || strings.ContainsAny(u.ClientID, " \t\r\n") {
		r.add("clientId", "it is what the upstream calls Terrace", "%q cannot be a client's id", u.ClientID)
	}
	if u.Label == "" || len(u.Label) > maxLabel || strings.ContainsFunc(u.Label, func(c rune) bool { return c < ' ' }) {
		r.add("label", "", "a label has 1 to %d bytes, on one line", maxLabel)
	}
	if u.Order < 0 || u.Order > maxOrder {
		r.add("order", "", "it is a number from 0 to %d", maxOrder)
	}
	u.checkClaims(&r)
	u.checkFactors(&r)
	u.checkPeople(&r, address)
	if len(r.all) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the upstream cannot be used").WithProblems(r.all...)
}

func (u Upstream) checkClaims(r *report) {
	if len(u.Scopes) > maxList {
		r.add("scopes", "", "there are %d at most", maxList)
	}
	for _, s := range u.Scopes {
		if !scopePattern.MatchString(s) {
			r.add("scopes", "", "%q is no scope", s)
		}
	}
	if len(u.Subject) == 0 || len(u.Subject) > 4 {
		r.add("subject", "", "one to four claims tell accounts apart")
	}
	for _, claim := range u.Subject {
		switch {
		case !claimPattern.MatchString(claim):
			r.add("subject", "", "%q cannot be the name of a claim", claim)
		case slices.Contains(changing(), claim) || claim == u.EmailClaim || claim == u.NameClaim:
			r.add("subject", "use iss and sub, or tid and oid of Entra ID", "%s can be another account's tomorrow", claim)
		}
	}
	if u.manyTenants() && !slices.Contains(u.Subject, "iss") && !slices.Contains(u.Subject, "tid") {
		r.add("subject", "add tid", "accounts of several tenants of Entra ID are told apart by it")
	}
	for at, claim := range map[string]string{"nameClaim": u.NameClaim, "emailClaim": u.EmailClaim} {
		if !claimPattern.MatchString(claim) {
			r.add(at, "", "%q cannot be the name of a claim", claim)
		}
	}
}

func (u Upstream) checkPeople(r *report, address string) {
	if !slices.Contains([]NewUsers{Refuse, CreateDisabled, CreateActive}, u.NewUsers) {
		r.add("newUsers", "use refuse, disabled or active", "%q is not known", u.NewUsers)
	}
	if !slices.Contains([]Overage{OverageRefuse, OverageUser, OverageClient}, u.Overage) {
		r.add("overage", "use refuse, user or client", "%q is not known", u.Overage)
	}
	if u.Overage == OverageClient && !u.HasSecret() {
		r.add("overage", "give the client a secret, or use user", "a client without a secret cannot ask as itself")
	}
	if len(u.EmailDomains) > maxList || len(u.EntraTenants) > maxList {
		r.add("emailDomains", "", "there are %d domains and tenants at most", maxList)
	}
	for _, d := range u.EmailDomains {
		if !domainPattern.MatchString(d) {
			r.add("emailDomains", "write it in lower case, such as example.com", "%q is no domain", d)
		}
	}
	for _, id := range u.EntraTenants {
		if !guidPattern.MatchString(id) {
			r.add("entraTenants", "it is the directory's id, in lower case", "%q is no tenant of Entra ID", id)
		}
	}
	if len(u.EmailDomains) > 0 && u.EmailClaim != claimEmail {
		r.add("emailClaim", "use email, or name no domains", "providers say of the claim email alone that it is verified, not of %s", u.EmailClaim)
	}
	if u.LinkByEmail && len(u.EmailDomains) == 0 {
		r.add("linkByEmail", "name the domains whose addresses are those of users here", "anybody's address would do")
	}
	u.checkWhose(r, address)
	if u.manyTenants() && len(u.EntraTenants) == 0 {
		r.add("entraTenants", "name those of your people, or use the issuer of one tenant", "everybody who has an account with Microsoft could sign in")
	}
}

// checkWhose refuses that accounts become users of which nobody knows whose they are.
func (u Upstream) checkWhose(r *report, address string) {
	const disabled = "; or use disabled, and let each of them in"
	switch {
	case u.OwnAccounts && u.isEverybodys():
		r.add("ownAccounts", "name the domains of your people, or the tenants of Entra ID", "anybody can have an account with %s", u.Issuer)
	case u.NewUsers != CreateActive || u.restricted(address):
	case u.isEverybodys():
		r.add("newUsers", "name the domains of your people, or the tenants of Entra ID"+disabled, "anybody can have an account with %s, and would be a user here", u.Issuer)
	default:
		r.add("newUsers", "name the domains of your people, or say with ownAccounts (--own-accounts) that all accounts there are theirs, because nobody can sign up by themselves"+disabled,
			"%s is not under the domain of Terrace, so nobody knows who can have an account there, and would be a user here", u.Issuer)
	}
}

// wrongAddress says why an address cannot be called, "" where it can.
func wrongAddress(text string) string {
	u, err := url.Parse(text)
	ip := net.IP(nil)
	if err == nil {
		ip = net.ParseIP(u.Hostname())
	}
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(text) > maxAddress:
		return fmt.Sprintf("%q is not an address, such as https://login.example.com", text)
	case u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())):
		return "it would be called in the clear: it must begin with https://"
	}
	return ""
}

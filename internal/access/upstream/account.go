package upstream

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// account returns who somebody is at the upstream, if its accounts are taken.
func (u Upstream) account(claims Claims) (Account, error) {
	values := make([]string, len(u.Subject))
	for i, name := range u.Subject {
		if values[i] = claims.text(name); values[i] == "" || len(values[i]) > maxValue {
			return Account{}, kernel.Errorf(kernel.Denied, "%s does not say which account is yours: the claim %s is missing", u.Label, name).WithFix("an admin sets the claims with terrace auth upstream set %s --subject", u.Name)
		}
	}
	a := Account{Subject: subjectKey(u.Subject, values), Name: bound(claims.text(u.NameClaim)), Email: strings.ToLower(bound(claims.text(u.EmailClaim)))}
	// What is said to be verified is the claim email (OpenID Connect Core §5.1), no other one.
	a.Verified = a.Email != "" && u.EmailClaim == claimEmail && (claims.says(claimVerified) || claims.says(claimOwner))
	if len(u.EntraTenants) > 0 && !slices.Contains(u.EntraTenants, strings.ToLower(claims.text("tid"))) {
		return Account{}, kernel.Errorf(kernel.Denied, "accounts of your organisation are not taken here").WithFix("use an account of an organisation that is, or ask an admin")
	}
	if len(u.EmailDomains) > 0 && (!a.Verified || !slices.Contains(u.EmailDomains, domainOf(a.Email))) {
		return Account{}, kernel.Errorf(kernel.Denied, "%s does not say that you have an address of %s, verified", u.Label, strings.Join(u.EmailDomains, " or ")).
			WithFix("use an account that has one, or ask an admin")
	}
	if a.Name == "" {
		a.Name = a.Email
	}
	return a, nil
}

func domainOf(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	if local == "" || strings.Contains(domain, "@") {
		return ""
	}
	return domain
}

// bound cuts what is only for people.
func bound(text string) string {
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "")
	}
	return text
}

// plain is what an upstream says went wrong, for people: its word, and a bounded sentence.
// It may repeat what it was sent, which nobody is told: that is hidden.
func plain(code, description string, hidden ...any) string {
	clean := func(text string, most int) string {
		text = strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, text)
		return strings.ToValidUTF8(text[:min(len(text), most)], "")
	}
	sent := conceal.Of(hidden...)
	code, description = sent.Cut(code, "(secret)"), sent.Cut(description, "(secret)")
	if description = clean(description, 200); description == "" {
		return clean(code, 200)
	}
	return clean(code, 64) + ": " + description
}

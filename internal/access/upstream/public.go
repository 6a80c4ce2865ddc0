package upstream

import (
	"net/url"
	"slices"
	"strings"
)

// everybodys are hosts of providers at which anybody can get an account.
func everybodys() []string {
	return strings.Fields(`accounts.google.com github.com token.actions.githubusercontent.com gitlab.com bitbucket.org appleid.apple.com account.apple.com
		www.facebook.com facebook.com limited.facebook.com www.linkedin.com login.yahoo.com api.login.yahoo.com login.live.com id.twitch.tv
		slack.com discord.com api.twitter.com x.com www.amazon.com api.amazon.com login.salesforce.com www.paypal.com auth.atlassian.com
		access.line.me kauth.kakao.com login.mailchimp.com auth.huggingface.co huggingface.co login.ubuntu.com id.atlassian.com orcid.org
		login.xero.com`)
}

// personal is the tenant of Entra ID that has the accounts of everybody.
const personal = "9188040d-6c67-4c5b-b112-36a304b66dad"

// mailboxes are domains at which anybody can get an address.
func mailboxes() []string {
	return strings.Fields(`gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com aol.com gmx.com gmx.de
		gmx.net web.de mail.ru yandex.ru yandex.com proton.me protonmail.com zoho.com mail.com qq.com 163.com 126.com`)
}

// isEverybodys reports whether anybody can have an account of the upstream.
func (u Upstream) isEverybodys() bool {
	at, err := url.Parse(u.Issuer)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(at.Hostname()), ".")
	tenant, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(at.Path), "/"), "/")
	return slices.Contains(everybodys(), host) || u.manyTenants() || isEntra(host) && slices.Contains([]string{"common", "organizations", "consumers", personal}, tenant)
}

func isEntra(host string) bool {
	return slices.Contains(strings.Fields("login.microsoftonline.com login.microsoft.com login.windows.net sts.windows.net login.microsoftonline.us login.partner.microsoftonline.cn"), host)
}

// restricted reports whether the upstream signs in accounts of some people alone: it has no
// others, or domains or tenants are named which not everybody can be of.
func (u Upstream) restricted() bool {
	some := func(list, everybodys []string) bool {
		return len(list) > 0 && !slices.ContainsFunc(list, func(one string) bool { return slices.Contains(everybodys, one) })
	}
	return !u.isEverybodys() || some(u.EmailDomains, mailboxes()) || some(u.EntraTenants, []string{personal})
}

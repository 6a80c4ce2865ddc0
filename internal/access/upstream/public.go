package upstream

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// everybodys are the domains, or single hosts, of providers at which anybody can get an
// account. It is not whole and need not be: of whom nothing is known, an admin says that its
// accounts are those of their people. Of these nobody can.
func everybodys() []string {
	return strings.Fields(`google.com github.com githubusercontent.com gitlab.com bitbucket.org apple.com facebook.com linkedin.com yahoo.com live.com twitch.tv
		slack.com discord.com twitter.com x.com amazon.com paypal.com atlassian.com line.me kakao.com naver.com huggingface.co ubuntu.com orcid.org
		login.salesforce.com login.xero.com login.mailchimp.com`)
}

// personal is the tenant of Entra ID that has the accounts of everybody.
const personal = "9188040d-6c67-4c5b-b112-36a304b66dad"

// mailboxes are domains at which anybody can get an address.
func mailboxes() []string {
	return strings.Fields(`gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com aol.com gmx.com gmx.de
		gmx.net web.de mail.ru yandex.ru yandex.com proton.me protonmail.com zoho.com mail.com qq.com 163.com 126.com`)
}

// place returns the host of an issuer, and the first part of its path.
func (u Upstream) place() (host, first string) {
	at, err := url.Parse(u.Issuer)
	if err != nil {
		return "", ""
	}
	first, _, _ = strings.Cut(strings.TrimPrefix(strings.ToLower(at.Path), "/"), "/")
	return strings.TrimSuffix(strings.ToLower(at.Hostname()), "."), first
}

// isEverybodys reports whether it is known that anybody can have an account of the upstream.
func (u Upstream) isEverybodys() bool {
	host, tenant := u.place()
	return slices.Contains(everybodys(), host) || slices.Contains(everybodys(), ownerOf(host)) || u.manyTenants() ||
		isEntra(host) && slices.Contains([]string{"common", "organizations", "consumers", personal}, tenant)
}

func isEntra(host string) bool {
	return slices.Contains(strings.Fields("login.microsoftonline.com login.microsoft.com login.windows.net sts.windows.net login.microsoftonline.us login.partner.microsoftonline.cn"), host)
}

// ownerOf returns the domain that somebody has registered of which a host is a part, "" for
// an address, and for a name that everybody can be below of.
func ownerOf(host string) string {
	if net.ParseIP(host) != nil {
		return ""
	}
	owner, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return owner
}

// isInside reports whether a host is one that only the own network knows: an address that is
// not routed, or a name that is not of the public tree of names.
func isInside(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	return !icann && !strings.Contains(suffix, ".")
}

// isOwn reports whether the provider belongs to whom Terrace at an address belongs to: it is
// under the same registered domain, or inside; or it is one tenant of Entra ID, whose people
// its admins choose.
func (u Upstream) isOwn(address string) bool {
	host, tenant := u.place()
	if u.isEverybodys() {
		return false
	}
	if isInside(host) || isEntra(host) && guidPattern.MatchString(tenant) {
		return true
	}
	here, err := url.Parse(address)
	owner := ownerOf(host)
	return err == nil && owner != "" && owner == ownerOf(strings.ToLower(here.Hostname()))
}

// restricted reports whether the upstream signs in accounts of some people alone, for a
// Terrace at an address: the provider is its own, or an admin says that it has no others; or
// domains or tenants are named which not everybody can be of.
func (u Upstream) restricted(address string) bool {
	return u.isOwn(address) || u.OwnAccounts && !u.isEverybodys() ||
		len(u.EmailDomains) > 0 && !slices.ContainsFunc(u.EmailDomains, u.isAnybodys) ||
		len(u.EntraTenants) > 0 && !slices.Contains(u.EntraTenants, personal)
}

// isAnybodys reports whether anybody can get an address of a domain: it is known for that, it
// is one that others have names below of, or a provider of everybody gives out its own.
func (u Upstream) isAnybodys(domain string) bool {
	host, _ := u.place()
	owner := ownerOf(domain)
	return owner == "" || slices.Contains(mailboxes(), owner) || u.isEverybodys() && owner == ownerOf(host)
}

package upstream

import "strings"

// DefaultTwoFactors is what says that somebody has proven two factors unless an admin has said
// what does: mfa among the methods (RFC 8176 §2).
const DefaultTwoFactors = "amr=mfa"

// The claims that say how somebody has proven who they are (OpenID Connect Core §2).
const (
	claimClass   = "acr"
	claimMethods = "amr"
)

// twoFactors are the claims and values by which two factors are known.
func (u Upstream) twoFactors() (all []Condition) {
	words := u.TwoFactors
	if len(words) == 0 {
		words = []string{DefaultTwoFactors}
	}
	for _, word := range words {
		claim, value, _ := strings.Cut(word, "=")
		all = append(all, Condition{Claim: claim, Operator: OneOf, Values: []string{value}})
	}
	return all
}

// strong reports whether claims say that somebody has proven two factors.
func (u Upstream) strong(claims Claims) bool {
	for _, c := range u.twoFactors() {
		if c.holds(claims) {
			return true
		}
	}
	return false
}

// classes is what is asked for where two factors are wanted, "" where only its methods say
// that there were some.
func (u Upstream) classes() string {
	var values []string
	for _, c := range u.twoFactors() {
		if c.Claim == claimClass {
			values = append(values, c.Values...)
		}
	}
	return strings.Join(values, " ")
}

// checkFactors refuses what no claim can be.
func (u Upstream) checkFactors(r *report) {
	if len(u.TwoFactors) > maxList {
		r.add("twoFactors", "", "there are %d at most", maxList)
	}
	for _, word := range u.TwoFactors {
		claim, value, _ := strings.Cut(word, "=")
		if claim != claimClass && claim != claimMethods || value == "" || len(value) > maxValue || strings.ContainsAny(value, " \t\r\n") {
			r.add("twoFactors", "write amr=mfa, or acr= with a value that it says of who has proven two factors", "%q is neither acr=VALUE nor amr=VALUE", word)
		}
	}
}

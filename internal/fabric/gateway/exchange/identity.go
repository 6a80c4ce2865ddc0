package exchange

import "strings"

// Identity is who calls, as a filter has proven it. Requests with one credential
// share it, so nobody changes it.
type Identity struct {
	// Provider names the way in its policy that has proven it, Method what way that
	// is: jwt, oidc, apiKey or mtls.
	Provider, Method string
	Issuer, Subject  string
	// Consumer is who is counted and limited: unique among all ways of a policy.
	Consumer string
	// Product and Plan are what a key was given for, empty for none.
	Product, Plan string
	Scopes        []string
	// Claims are what the credential says, as JSON has it.
	Claims map[string]any
}

// Claim returns a claim by its name, or by a JSON pointer (RFC 6901) such as
// /realm_access/roles; nil for none.
func (i *Identity) Claim(name string) any {
	pointer, ok := strings.CutPrefix(name, "/")
	if !ok {
		return i.Claims[name]
	}
	var at any = i.Claims
	for step := range strings.SplitSeq(pointer, "/") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
	}
	return at
}

// Texts returns a claim's text, or the texts of its list.
func (i *Identity) Texts(name string) []string {
	switch v := i.Claim(name).(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			if text, ok := item.(string); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}

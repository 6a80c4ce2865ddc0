package oauth

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
)

// asAudience has resources that a token is to be for (RFC 8707 §2) be its audience, which is
// held against what may be had. One that was not looked at would be for Terrace.
func asAudience(form url.Values) {
	if resources := form["resource"]; len(resources) > 0 {
		form["audience"] = append(fosite.GetAudiences(form), resources...)
		delete(form, "resource")
	}
}

const invalidTarget = "invalid_target" // RFC 8707 §2

// within refuses audiences that are not among those that may be had; it is a
// fosite.AudienceMatchingStrategy.
func within(may, wanted []string) error {
	for _, one := range wanted {
		if !slices.Contains(may, one) {
			return badTarget("The client may not have a token for this resource. It may be for what was granted, and for the client's audiences; " +
				"a service account's are the URIs that an AuthenticationPolicy of a route of its tenant takes tokens of this issuer for.")
		}
	}
	return nil
}

func badTarget(why string) error {
	return &fosite.RFC6749Error{ErrorField: invalidTarget, CodeField: http.StatusBadRequest, HintField: why}
}

// isOfTarget reports whether an error is of whom a token was to be for.
func isOfTarget(err error) bool {
	return err != nil && fosite.ErrorToRFC6749Error(err).ErrorField == invalidTarget
}

// granted returns whom the tokens of a request may be for: Terrace, where none is named.
func (s strategy) granted(r fosite.Requester) []string {
	if audiences := r.GetGrantedAudience(); len(audiences) > 0 {
		return audiences
	}
	return []string{s.provider.Issuer}
}

// narrows reports whether a request is for a token of what was granted before, so that it may
// ask for a part of its audiences (RFC 8707 §2.2). What is kept of the grant stays whole.
func narrows(r fosite.AccessRequester) bool {
	return r.GetGrantTypes().HasOneOf(provider.GrantCode, provider.GrantRefresh, provider.GrantDevice)
}

// audienceOf returns whom an access token is for.
func (s strategy) audienceOf(r fosite.Requester) []string {
	if access, ok := r.(fosite.AccessRequester); ok && narrows(access) {
		if wanted := fosite.GetAudiences(r.GetRequestForm()); len(wanted) > 0 {
			return wanted // targets has looked at them
		}
	}
	return s.granted(r)
}

// targets refuses audiences that were not granted. Of a code, what was asked for is what was
// granted; that much is known of it before tokens are made.
func (s strategy) targets(r fosite.AccessRequester) error {
	if !narrows(r) {
		return nil
	}
	may := r.GetRequestedAudience()
	if len(may) == 0 {
		may = []string{s.provider.Issuer}
	}
	return within(may, fosite.GetAudiences(r.GetRequestForm()))
}

package oauth

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/ory/fosite"
)

// sentences say in general what errors mean, by their names (RFC 6749 §5.2 and others).
func sentences() map[string]string {
	return map[string]string{
		"invalid_request":            "The request has a parameter that is missing, wrong, or there twice.",
		"invalid_client":             "The client is not known, or its secret is wrong.",
		"invalid_grant":              "The code or the token does not hold: it is wrong, used, ended, or another client's.",
		"invalid_scope":              "A scope that is asked for is unknown, or the client may not have it.",
		"invalid_target":             "The client may not have a token for this resource.",
		"unauthorized_client":        "The client may not ask in this way.",
		"unsupported_grant_type":     "There is no such grant_type.",
		"unsupported_response_type":  "The response_type is code, and no other.",
		"unsupported_response_mode":  "The response_mode is query, and no other.",
		"access_denied":              "It was denied.",
		"login_required":             "The person has to sign in.",
		"consent_required":           "The person has to allow it.",
		"interaction_required":       "The person has to be asked.",
		"invalid_state":              "The state needs eight characters or more.",
		"insufficient_entropy":       "The nonce needs eight characters or more.",
		"request_not_supported":      "The parameter request is not taken.",
		"request_uri_not_supported":  "The parameter request_uri is not taken.",
		"registration_not_supported": "The parameter registration is not taken.",
		"server_error":               "Something went wrong here; try again.",
		"temporarily_unavailable":    "It cannot be done at present; try again.",
		"request_unauthorized":       "The token does not hold.",
		"token_inactive":             "The token does not hold.",
		"scope_not_granted":          "The token was not given this scope.",
	}
}

// said returns an error as clients read it: what is wrong with this request where that is
// known, and else what the error means in general. fosite tells both, at length.
func said(err error) *fosite.RFC6749Error {
	e := fosite.ErrorToRFC6749Error(err)
	general, known := sentences()[e.ErrorField]
	hint := plainly(e.Reason())
	switch {
	case isOfAll(e.Reason()), e.CodeField >= http.StatusInternalServerError && known: // what happened here is in the log
		hint = ""
	case !known:
		general = e.DescriptionField
	}
	return &fosite.RFC6749Error{ErrorField: e.ErrorField, DescriptionField: cmp.Or(hint, general), CodeField: e.CodeField}
}

// isOfAll reports whether a hint is one that fosite gives with every error of a name.
func isOfAll(hint string) bool {
	for _, e := range []*fosite.RFC6749Error{
		fosite.ErrInvalidRequest, fosite.ErrAccessDenied, fosite.ErrRequestForbidden, fosite.ErrRequestUnauthorized, fosite.ErrMisconfiguration,
		fosite.ErrTokenSignatureMismatch, fosite.ErrInvalidTokenFormat, fosite.ErrTokenExpired, fosite.ErrScopeNotGranted, fosite.ErrTokenClaim, fosite.ErrInactiveToken,
	} {
		if hint == e.Reason() {
			return true
		}
	}
	return false
}

// plainly puts fosite's words into ours.
func plainly(hint string) string {
	return strings.NewReplacer(
		"the OAuth 2.0 Client's pre-registered redirect urls", "the client's registered addresses",
		"The requested OAuth 2.0 Client", "The client", "This OAuth 2.0 Client", "The client", "OAuth 2.0 Client", "client",
		"is not allowed to use authorization grant", "may not use the grant", "is not allowed to use the authorization grant", "may not use the grant",
		"Request parameter 'state' must be at least be 8 characters long to ensure sufficient entropy.", "Send a state of at least 8 characters, which nobody can guess.",
		"is not allowed to request scope", "may not ask for the scope",
		"Clients must include a code_challenge when performing the authorize code flow, but it is missing.", "Send a code_challenge with the code_challenge_method S256 (RFC 7636).",
	).Replace(hint)
}

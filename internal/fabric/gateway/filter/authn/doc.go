// Package authn proves who calls a route, before anything else judges the call: the
// policies of the kind AuthenticationPolicy.
//
// It owns the ways of proving it (JWTs, sign-in by OpenID Connect with sessions in cookies,
// API keys, client certificates), what issuers of tokens say of themselves and their keys,
// the cache of tokens that were verified, and the headers that tell a service who calls,
// which no client can send itself. What who calls may do is not its business: that is
// AuthorizationPolicy's.
package authn

package gateway

import "github.com/terrace-idp/terrace/internal/fabric/gateway/route"

// The model of routes, which lies apart so that clients can check routes
// without linking a gateway.
type (
	// Route is route.Route.
	Route = route.Route
	// Rule is route.Rule.
	Rule = route.Rule
	// Match is route.Match.
	Match = route.Match
	// PathMatch is route.PathMatch.
	PathMatch = route.PathMatch
	// ValueMatch is route.ValueMatch.
	ValueMatch = route.ValueMatch
	// HeaderChange is route.HeaderChange.
	HeaderChange = route.HeaderChange
	// Header is route.Header.
	Header = route.Header
	// Rewrite is route.Rewrite.
	Rewrite = route.Rewrite
	// Redirect is route.Redirect.
	Redirect = route.Redirect
	// Backend is route.Backend.
	Backend = route.Backend
	// Retry is route.Retry.
	Retry = route.Retry
	// Session is route.Session.
	Session = route.Session
	// Timeouts is route.Timeouts.
	Timeouts = route.Timeouts
)

// Types of matches.
const (
	Exact             = route.Exact
	PathPrefix        = route.PathPrefix
	RegularExpression = route.RegularExpression
)

// ToService is route.ToService.
func ToService(name, host, path, service, port string) Route {
	return route.ToService(name, host, path, service, port)
}

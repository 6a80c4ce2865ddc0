// Package authz decides what who calls a route may do there: the policies of the kind
// AuthorizationPolicy.
//
// It owns the rules by method and path, what Rego is asked about a request, and the answer
// that says no. Who calls has been proven before, by AuthenticationPolicy; Rego itself, and
// what it may not do, is the policies' room.
package authz

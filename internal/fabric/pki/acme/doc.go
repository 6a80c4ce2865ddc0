// Package acme issues certificates to programs that ask for them by ACME (RFC 8555): accounts
// and the keys that bind them to a scope, orders, authorizations and their challenges,
// certificates with their revocation and the times at which they should be renewed (RFC 9773).
//
// It owns these records, what an account may order, and the validation of challenges. It signs
// nothing: an Issuer does. It speaks no HTTP to clients and checks no signatures of theirs:
// acmewire does.
package acme

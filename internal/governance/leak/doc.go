// Package leak keeps what was found of leaked values: which kind of value stands where in
// the clear, since when, and what was decided about it.
//
// It owns findings and their way from open to allowed or resolved, the door by which other
// rooms have texts looked through, and the keyed hashes by which a tenant's own secrets are
// known again. No value is kept, told or logged here. It does not own how a text is looked
// through (platform/leakscan does), where texts come from, nor secrets.
package leak

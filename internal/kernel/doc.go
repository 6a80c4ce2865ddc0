// Package kernel holds the few words that every room of Terrace speaks: scopes,
// actors, ids, digests, error kinds, pages, facts and the clock.
//
// It owns vocabulary, not behaviour: it knows no database, no HTTP and no
// domain, and it depends on the standard library alone.
package kernel

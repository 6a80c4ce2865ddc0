// Package canary puts secrets that nobody else has through a built daemon and looks for
// them, as they are and as programs write them, in everything that it leaves and answers.
//
// It owns the search and the list of places where a value may be in the clear, which are
// tests. How a daemon is started and asked is test/harness.
package canary

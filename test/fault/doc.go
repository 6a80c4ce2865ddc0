// Package fault ends the built daemon, and the tool that it runs, at bad
// instants, and checks from outside what is left: every acknowledged change is
// there, every run ends truthfully, no lock is stuck and nothing is applied twice.
//
// It owns the load, the kills and the checks, which are all tests. How a daemon
// is started and asked is test/harness.
package fault

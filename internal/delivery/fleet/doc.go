// Package fleet has the remote runners: programs outside of the daemon that fetch
// the plans and applies of runs over HTTPS and execute them where they are.
//
// It owns the runners with their tokens and labels, and assignments: one phase
// of a run at one runner, with its heartbeat, commands, uploads and outcome. It
// decides nothing about runs (delivery/run), executes no terraform
// (delivery/runner) and keeps no state (delivery/state).
package fleet

// Package run carries a release to a stage: one run is one plan and apply of
// a stack, from the queue over gates, approval, apply and verification to an
// end that tells one true story.
//
// It owns runs, their states, dossiers, approvals, leases and deployments. It
// does not execute terraform (delivery/runner), keep terraform's state
// (delivery/state), render modules (delivery/render) or keep releases
// (delivery/release); it meets them through the ports in ports.go.
//
// Four things keep a run or a plan, and each has its word: a process holds a lease; a
// run is deferred until its stage opens; a gate wants an override; and a plan stays
// warm, in the work directory where it was made, for an apply that follows at once.
package run

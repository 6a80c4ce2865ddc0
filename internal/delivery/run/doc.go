// Package run carries a release to a stage: one run is one plan and apply of
// a stack, from the queue over gates, approval, apply and verification to an
// end that tells one true story.
//
// It owns runs, their states, dossiers, approvals, leases and deployments. It
// does not execute terraform (delivery/runner), keep terraform's state
// (delivery/state), render modules (delivery/render) or hold releases
// (delivery/release); it meets them through the ports in ports.go.
package run

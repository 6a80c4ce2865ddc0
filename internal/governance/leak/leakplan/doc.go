// Package leakplan lays out what a plan shows, so that it can be looked through for
// values that should be shown to nobody: what terraform does not mark as sensitive of
// resources, outputs, variables and constants of the configuration.
//
// It owns the order and the places of these values, and what is said of one. It does not own what a leaked value
// is: governance/leak does.
package leakplan

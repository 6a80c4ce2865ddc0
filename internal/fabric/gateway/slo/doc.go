// Package slo is the kind ServiceLevelObjective: what a route promises, how much of its
// error budget is left, and alerts where it burns too fast.
//
// It owns objectives, their windows and when an alert begins and ends. What routes
// served is counted elsewhere, and whom an alert reaches is subscriptions'.
package slo

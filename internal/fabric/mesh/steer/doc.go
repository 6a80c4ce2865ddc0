// Package steer tells sidecars what the mesh's documents say: who may call their workload, and
// the routes, weights, timeouts and instances of what it calls.
//
// It owns which sidecars stand beside which workload, and what is said to each. A sidecar is
// who its SVID says, and gets what is of its own stage. What the documents mean is package
// mesh's, the listener and who may come in at it is package xds's, and what a sidecar does
// with what it is told is package sidecar's.
package steer

// Package steer tells sidecars what the mesh's documents say: who may call their workload, and
// the routes, weights, timeouts and instances of what it calls.
//
// It owns what is said to each sidecar. One is who its SVID says, and gets what is of its own
// stage. What the documents mean is package mesh's, where sidecars stand package beside's, the
// listener and who may come in at it package xds's, and what a sidecar does with what it is
// told package sidecar's.
package steer

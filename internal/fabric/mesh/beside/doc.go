// Package beside knows the sidecars that stand beside workloads: where others come in at them,
// from their connections to the control plane.
//
// It owns how long one is told of that has left, and how many a workload may have. What is said
// to sidecars, and what is made of where they stand, is their planes': steer and xds.
package beside

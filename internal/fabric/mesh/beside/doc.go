// Package beside knows the sidecars that stand beside workloads: where others come in at them,
// from their connections to the control plane, and from what other daemons of the installation
// tell of theirs.
//
// It owns how long one is told of that has left, how long what a daemon has told holds, and how
// many a workload may have. What is said to sidecars, and what is made of where they stand, is
// their planes': steer and xds.
package beside

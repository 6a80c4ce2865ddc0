// Package arm is the engine of a simulated Azure Resource Manager.
//
// It owns what all resources have in common: ids, PUT, PATCH, GET, DELETE and
// lists, groups, locks, access, long-running operations, the activity
// log and faults. It does not own what a resource type is (package kinds),
// nor TLS, tokens and host names (package azuresim).
package arm

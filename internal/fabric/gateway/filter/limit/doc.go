// Package limit is the kinds RateLimitPolicy and ClientRateLimitPolicy: how
// much of a route a client, a consumer or anybody else may use in a time.
//
// It owns what is counted, by which key, and the counting: the generic cell
// rate algorithm (ITU-T I.371), which keeps one time a window and is exact. What
// has been counted outlives a change of the configuration, and is shared with
// other replicas through the port Shared, if there is one. How many requests
// may be under way at once is another kind's.
package limit

// Package config keeps the dynamic configuration and the feature flags of projects: what
// a folder of a repository says counts, from one valid revision to the next, and workloads
// get it while they run.
//
// It owns which repository a project's configuration is in, the revisions that were seen,
// which of them counts, the tokens of workloads, and delivery. What files mean is
// configfile's, what a flag gives flag's, repositories are delivery/vcs's and the values of
// secrets fabric/secret's: here is never more than a reference to one.
package config

// Package leakvcs looks through repositories for leaked values: the files that a push
// changes on a branch that counts, all of them the first time, and those of pull requests,
// where a new one fails a check.
//
// It owns when a branch is looked at and how far that has come. It does not own findings
// (governance/leak does), nor repositories and their checks (delivery/vcs does).
package leakvcs

// Package drift finds what was changed outside of Terrace in what is deployed,
// attribute by attribute, tells who did it where the target knows, and carries
// each finding to an end: accepted, reverted, ignored until a date, or gone.
//
// It owns the schedule of checks, findings with their severity and what was
// decided on them. It does not execute terraform, nor the runs by which a
// finding is accepted or reverted (delivery/run does both), and it changes
// nothing by itself: a check only reads.
package drift

// Package compliance tells where what is applied stands against the policies, and
// how that went over time.
//
// It owns the schedule by which applied states are evaluated, what came out of it
// by stack and rule with its history, reports by framework and control, and what a
// rule would find before it holds. What policies are, and what they say of a
// document, is governance/policy's; what is applied, delivery's.
package compliance

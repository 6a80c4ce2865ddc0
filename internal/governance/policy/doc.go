// Package policy is what a policy is: a rule that a plan is held against, with
// its level, its severity, its fix and the controls that it answers; and what
// evaluating policies says.
//
// It owns those words, folders of policies as they are read, and the table of
// controls. policy/rego compiles and evaluates them; policy/plan makes the input.
package policy

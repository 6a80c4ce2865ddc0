// Package automation does what rules say when events happen: plan, check for
// drift, promote, notify.
//
// It owns rules, which are data, and the record of what each has done and why
// not. It does not own events, and it does nothing that a rule's author may not
// do: the rooms that act check it again.
package automation

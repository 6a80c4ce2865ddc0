// Package tuning keeps what the firewall found in the requests of each route, so
// that people see what is refused by what, what other settings would refuse, and
// what to write in order to stop it.
//
// It owns counts, by rule and by score, their bounds, and the documents that it
// proposes. It judges nothing, and it keeps no value of any request.
package tuning

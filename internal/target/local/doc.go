// Package local is the target "local": it realises what Terraform declares on
// this machine, as records, routes, secrets, topics, volumes, caches, databases
// and supervised services of one stage each.
//
// It owns the recorded objects, with their owners and revisions, the processes
// behind them, and the rollouts in which a release takes over from the one
// before it in steps; canary judges those. It does not own DNS, the gateway, secrets or the event
// broker: it drives them through ports. It plans nothing; the provider in
// local/provider turns Terraform's plans into calls.
//
// Two kinds of object are recorded here without being of this machine, because
// one provider and one record of owners and fences serve every target: workloads
// of the runtime kubernetes, which the port Clusters realises, and secrets whose
// values an apply hands on to a cloud.
package local

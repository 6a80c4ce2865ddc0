// Package runner executes terraform and tofu: it finds or builds the tool, lays
// out a work directory with a clean environment, runs init, plan, show and apply
// as child processes and turns their JSON output into events, problems, plans
// and outputs.
//
// It owns child processes, work directories, the provider mirror and the cache
// of initialised modules. It does not own the life of a run (delivery/run), what
// is in a root module (delivery/render), nor state (delivery/state).
//
// The processes are started with os/exec rather than with terraform-exec: that
// library starts a `terraform version` for each work directory, ends only the
// tool and not the provider processes beneath it, and reads lines of any length.
// Of HashiCorp's libraries it uses terraform-json, for plans.
package runner

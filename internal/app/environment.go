package app

import (
	"maps"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/target/azuresim"
)

// environments are what runs have in their environment beside what every run has.
type environments struct {
	// daemon are the variables of this process.
	daemon []string
	// sim is the simulated Azure, nil where there is none.
	sim *azuresim.Server
}

// planPrefix begins the variables of this process that plans have in place of
// those with which an apply signs in.
const planPrefix = "PLAN_"

// of returns the variables for a run of the stage. Those with which one signs
// in to Azure go to stages with that target alone: to the simulation's where
// there is one, else the daemon's own.
func (e environments) of(st stage.Stage) map[string]string {
	env := e.signIn(st, "")
	maps.Copy(env, st.Environment)
	return env
}

// ofPlan returns the variables for a plan, which runs what no one has looked at:
// where plans have an identity of their own, they get no secret of the other.
func (e environments) ofPlan(st stage.Stage) map[string]string {
	own := e.signIn(st, planPrefix)
	env := own
	if len(own) == 0 {
		env = e.signIn(st, "")
		if len(st.PlanEnvironment) > 0 && e.sim == nil {
			maps.DeleteFunc(env, func(name, _ string) bool { return stage.SecretVariable(name) })
		}
	}
	maps.Copy(env, st.Environment)
	maps.Copy(env, st.PlanEnvironment)
	return env
}

// signIn returns the variables with which one signs in to the stage's target,
// those of the daemon that have the prefix.
func (e environments) signIn(st stage.Stage, prefix string) map[string]string {
	env := map[string]string{}
	if st.Target != stage.TargetAzure {
		return env
	}
	if e.sim != nil {
		maps.Copy(env, e.sim.Env())
		return env
	}
	for _, entry := range e.daemon {
		name, value, _ := strings.Cut(entry, "=")
		name, ok := strings.CutPrefix(name, prefix)
		if ok && (strings.HasPrefix(name, "ARM_") || strings.HasPrefix(name, "AZURE_")) {
			env[name] = value
		}
	}
	return env
}

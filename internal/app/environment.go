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

// of returns the variables for a run of the stage. Those with which one signs
// in to Azure go to stages with that target alone: to the simulation's where
// there is one, else the daemon's own.
func (e environments) of(st stage.Stage) map[string]string {
	env := map[string]string{}
	switch {
	case st.Target != stage.TargetAzure:
	case e.sim != nil:
		maps.Copy(env, e.sim.Env())
	default:
		for _, entry := range e.daemon {
			name, value, _ := strings.Cut(entry, "=")
			if strings.HasPrefix(name, "ARM_") || strings.HasPrefix(name, "AZURE_") {
				env[name] = value
			}
		}
	}
	maps.Copy(env, st.Environment)
	return env
}

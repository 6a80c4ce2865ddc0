package stage

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// DaemonRights returns what of the stage is done with the rights of the daemon,
// each at its path: programs that it starts, files and variables of which it
// sends the content away, folders that it writes, and paths of its machine that
// runs would see. Who writes its configuration may have all of that. Whoever else
// brings stages must be let by somebody who answers for the machine.
func (s Stage) DaemonRights() []kernel.Problem {
	var r rights
	for i, k := range s.Verify {
		at := fmt.Sprintf("verify[%d]", i)
		if k.Command != nil && len(k.Command.Argv) > 0 {
			r.add(at+".command.argv", "it starts %s on the machine of the daemon", k.Command.Argv[0])
		}
		if p := k.Prometheus; p != nil {
			r.token(at+".prometheus", p.TokenFile, p.TokenVariable, p.Server)
		}
	}
	r.repository(s.GitOps)
	r.environment("environment", s.Environment)
	r.environment("planEnvironment", s.PlanEnvironment)
	return r.found
}

type rights struct{ found []kernel.Problem }

func (r *rights) add(path, format string, args ...any) {
	r.found = append(r.found, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (r *rights) token(path, file, variable, to string) {
	if file != "" {
		r.add(path+".tokenFile", "what is in the file %s of the daemon's machine goes to %s", file, to)
	}
	if variable != "" {
		r.add(path+".tokenVariable", "the daemon's variable %s goes to %s", variable, to)
	}
}

// repository is one of Terrace's own where its address is empty.
func (r *rights) repository(g GitOps) {
	r.token("gitops", g.TokenFile, g.TokenVariable, g.Repository)
	switch {
	case strings.HasPrefix(g.Repository, "file:"):
		r.add("gitops.repository", "the daemon writes to that folder of its machine")
	case g.Repository != "" && !strings.HasPrefix(g.Repository, "https://") && !strings.HasPrefix(g.Repository, "http://"):
		r.add("gitops.repository", "the daemon signs in there with its own SSH keys")
	}
}

// environment looks for paths: what a variable of a run names, the run sees.
func (r *rights) environment(path string, variables map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if i := slices.IndexFunc(filepath.SplitList(variables[name]), filepath.IsAbs); i >= 0 {
			r.add(path+"."+name, "runs would see %s of the daemon's machine", filepath.SplitList(variables[name])[i])
		}
	}
}

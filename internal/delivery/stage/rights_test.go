package stage_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

func TestWhatIsDoneWithTheRightsOfTheDaemon(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(s *stage.Stage)
		// want is the path, empty where nothing is.
		want string
	}{
		"nothing":           {change: func(*stage.Stage) {}},
		"a check over HTTP": {change: func(s *stage.Stage) { s.Verify = []stage.Check{{HTTP: &stage.HTTPCheck{Path: "/"}}} }},
		"a program":         {func(s *stage.Stage) { s.Verify = []stage.Check{{Command: &stage.CommandCheck{Argv: []string{"true"}}}} }, "verify[0].command.argv"},
		"an open metrics server": {change: func(s *stage.Stage) {
			s.Verify = []stage.Check{{Prometheus: &stage.PrometheusCheck{Server: "https://p"}}}
		}},
		"a file that is sent": {func(s *stage.Stage) {
			s.Verify = []stage.Check{{Prometheus: &stage.PrometheusCheck{Server: "https://p", TokenFile: "/etc/shadow"}}}
		}, "verify[0].prometheus.tokenFile"},
		"a variable that is sent": {func(s *stage.Stage) {
			s.Verify = []stage.Check{{Prometheus: &stage.PrometheusCheck{Server: "https://p", TokenVariable: "ARM_CLIENT_SECRET"}}}
		}, "verify[0].prometheus.tokenVariable"},
		"a repository":         {change: func(s *stage.Stage) { s.GitOps.Repository = "https://git.example.com/x" }},
		"a repository's token": {func(s *stage.Stage) { s.GitOps = stage.GitOps{Repository: "https://x", TokenVariable: "T"} }, "gitops.tokenVariable"},
		"a folder":             {func(s *stage.Stage) { s.GitOps.Repository = "file:///srv/x" }, "gitops.repository"},
		"SSH keys":             {func(s *stage.Stage) { s.GitOps.Repository = "git@host:x" }, "gitops.repository"},
		"a plain variable":     {change: func(s *stage.Stage) { s.Environment = map[string]string{"TF_LOG": "debug"} }},
		"a path":               {func(s *stage.Stage) { s.PlanEnvironment = map[string]string{"A_PATH": "x:/etc"} }, "planEnvironment.A_PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stage.Default()[0]
			c.change(&s)
			var paths []string
			for _, p := range s.DaemonRights() {
				paths = append(paths, p.Path)
			}
			if got := strings.Join(paths, ","); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

package deploy

import (
	"context"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/delivery/bundle"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// askable has the server refuse before anything is built what it would refuse after
// it: a stage that there is not or that is closed, who may not deploy there, a
// lifetime that is too long, a secret that is missing. What needs no build is decided at once anyway.
func (d *deployment) askable(ctx context.Context, s command.Server, project string, w workload.Workload, text string) error {
	if !builds(w) {
		return nil
	}
	return s.CheckDeployment(ctx, project, apiclient.CheckDeploymentRequest{
		Stage: d.stage, Workload: w.Name, Score: text, Lifetime: command.Length(d.lifetime), DryRun: d.dry.on, WhenOpen: d.dry.whenOpen,
	})
}

// builds reports whether a container's image is a folder.
func builds(w workload.Workload) bool {
	for _, c := range w.Containers {
		if bundle.Local(c.Image) {
			return true
		}
	}
	return false
}

package deploy

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/delivery/bundle"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// open refuses before anything is built what the server would refuse after it: a stage
// that its windows close. The server decides for all that needs no build.
func (d *deployment) open(ctx context.Context, s command.Server, w workload.Workload) error {
	if d.dry.on || d.dry.whenOpen || !builds(w) {
		return nil
	}
	all, err := s.Stages(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(st apiclient.Stage) bool { return st.Name == d.stage })
	if i < 0 || all[i].Opening.Open {
		return nil
	}
	o := all[i].Opening
	by := "it is outside of its windows"
	if o.Window != "" {
		by = "by the window " + o.Window
	}
	if o.Next == nil {
		return kernel.Errorf(kernel.Refused, "%s is closed, %s, and does not open within a year; nothing was built", d.stage, by).
			WithFix("change the windows of the stage: they leave no time open")
	}
	return kernel.Errorf(kernel.Refused, "%s is closed, %s, and opens at %s; nothing was built", d.stage, by, o.Next.UTC().Format(time.RFC3339)).
		WithFix("try again then; --when-open plans now and applies then")
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

package impact

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// plan asks for a dry run of everything touched. None is asked for where they
// would be too many.
func (c *comparison) plan(ctx context.Context, scope kernel.Scope, r *Radius, releases map[string]next) error {
	if r.Total > MaxPlans {
		return kernel.Errorf(kernel.TooLarge, "%d plans are more than the %d that one question may ask for", r.Total, MaxPlans).
			WithFix("narrow it to a stage, a project or a workload")
	}
	if r.Total == 0 {
		return nil
	}
	catalog, err := c.planned(ctx)
	if err != nil {
		return err
	}
	kept := map[string]string{}
	for i := range r.Touched {
		t := &r.Touched[i]
		if t.Problem != "" {
			continue
		}
		key := t.Project + "/" + t.Release
		if kept[key] == "" {
			if kept[key], err = c.keep(ctx, releases[key].deployed, catalog); err != nil {
				return err
			}
		}
		where := kernel.Scope{Tenant: scope.Tenant, Project: t.Project, Stage: t.Stage}
		if t.Run, err = c.service.Runs.Try(ctx, where, t.Workload, kept[key], c.why); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) keep(ctx context.Context, deployed release.Release, catalog release.Catalog) (string, error) {
	variant, err := c.service.Releases.Variant(deployed, catalog)
	if err != nil {
		return "", err
	}
	variant, err = c.service.Releases.KeepVariant(ctx, variant)
	return variant.ID, err
}

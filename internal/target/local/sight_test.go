package local_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// devOnly lets everybody see the stage dev alone.
type devOnly struct{ localtest.Anyone }

func (devOnly) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{Stages: []kernel.Scope{localtest.Scope("dev")}}, nil
}

// TestServicesOfOtherStagesAreNotListed lists a project's services for who has one stage.
func TestServicesOfOtherStagesAreNotListed(t *testing.T) {
	t.Parallel()
	c := localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())
	c.Authorizer = devOnly{}
	target, ctx := localtest.Start(t, c), context.Background()
	spec, err := json.Marshal(web(app(t, target), "1.0.0", object{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"dev", "prod"} {
		o := local.Object{Key: local.Key{Scope: localtest.Scope(stage), Kind: local.Services, Name: "of-" + stage}, Spec: spec, Outputs: local.Outputs{}}
		if err := c.Store.Put(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	page, err := target.Services(ctx, localtest.Scope(""), kernel.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range page.Items {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"of-dev"}, names); diff != "" {
		t.Error(diff)
	}
}

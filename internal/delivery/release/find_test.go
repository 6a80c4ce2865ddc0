package release_test

import (
	"context"
	"errors"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestAReleaseIsFoundByWhatPeopleCallIt(t *testing.T) {
	t.Parallel()
	each(t, func(ctx context.Context, t *testing.T, w *world) {
		one := create(ctx, t, w, release.New{Workload: orders(t, ""), Version: "1.0.0"})
		two := create(ctx, t, w, release.New{Workload: orders(t, ""), Version: "3"})
		three := create(ctx, t, w, release.New{Workload: orders(t, ""), Version: "1.1.0"})
		for name, c := range map[string]struct {
			workload, name, want string
			kind                 kernel.Kind
		}{
			"id":                        {"", one.ID, one.ID, ""},
			"number":                    {"orders", "2", two.ID, ""},
			"number in all":             {"", "2", two.ID, ""},
			"number as lists have it":   {"orders", "#3", three.ID, ""},
			"version":                   {"orders", "1.1.0", three.ID, ""},
			"a version that is digits":  {"orders", "3", "", kernel.Conflict},
			"none":                      {"orders", "9", "", kernel.NotFound},
			"none of the other":         {"billing", "2", "", kernel.NotFound},
			"no id":                     {"", "rel_00000000000000000000", "", kernel.NotFound},
			"nothing":                   {"", "", "", kernel.NotFound},
			"a mark is no number alone": {"", "#", "", kernel.NotFound},
		} {
			got, err := w.Find(ctx, scope(), c.workload, c.name)
			if kernel.KindOf(err) != c.kind || got.ID != c.want {
				t.Errorf("%s: %s, %v", name, got.ID, err)
			}
			if e, ok := errors.AsType[*kernel.Error](err); c.kind == kernel.Conflict && (!ok || len(e.Problems) != 2 || e.Problems[0].Path == e.Problems[1].Path) {
				t.Errorf("%s: the candidates are %+v", name, e)
			}
		}
	})
}

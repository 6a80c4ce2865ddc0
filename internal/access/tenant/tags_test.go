package tenant_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestTagsAreInherited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *tenant.Service, j *journal) {
		if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
			t.Fatal(err)
		}
		admin, project := as(t.Context(), "admin"), scope().InProject("demo")
		rules := []tenant.TagRule{{Key: "data-class", Values: []string{"public", "secret"}}}
		first, err := s.SetTagSettings(admin, scope(), tenant.TagSettings{Tags: map[string]string{"company": "acme"}, Required: rules})
		if err != nil || first.Revision != 1 || first.SetBy != "admin" {
			t.Fatalf("%+v %v", first, err)
		}
		if _, err := s.SetTagSettings(admin, project, tenant.TagSettings{Tags: map[string]string{"team": "orders"}}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Inherited(t.Context(), project.InStage("dev"))
		want := tenant.Inherited{
			Tenant: map[string]string{"company": "acme"}, Project: map[string]string{"team": "orders", "costcenter": "unassigned", "owner": "admin"}, TenantRules: rules,
		}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Error(d, err)
		}
		if last := j.facts[len(j.facts)-1]; last.Type != "tags.set" || last.Scope != project {
			t.Errorf("%+v", last)
		}
	})
}

func TestTagsThatSomebodyElseChangedAreStale(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *tenant.Service, _ *journal) {
		admin := as(t.Context(), "admin")
		for _, seen := range []int64{0, 1} {
			if _, err := s.SetTagSettings(admin, scope(), tenant.TagSettings{Revision: seen}); err != nil {
				t.Fatal(err)
			}
		}
		for _, seen := range []int64{0, 1, 3} {
			_, err := s.SetTagSettings(admin, scope(), tenant.TagSettings{Revision: seen})
			want(t, err, kernel.Stale)
		}
		_, err := s.SetTagSettings(as(t.Context(), "demo"), scope(), tenant.TagSettings{})
		want(t, err, kernel.Denied)
		_, err = s.SetTagSettings(admin, scope().InProject("nowhere"), tenant.TagSettings{})
		want(t, err, kernel.NotFound)
	})
}

func TestTagsThatCannotBe(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprintf("k%d", i)] = "x"
	}
	each(t, func(t *testing.T, s *tenant.Service, _ *journal) {
		if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			in   tenant.TagSettings
			want string
		}{
			"platform's":      {tenant.TagSettings{Tags: map[string]string{"Env": "x"}}, "set by the platform"},
			"project's own":   {tenant.TagSettings{Tags: map[string]string{"owner": "x"}}, "project's own"},
			"too many":        {tenant.TagSettings{Tags: many}, "more than 50"},
			"character":       {tenant.TagSettings{Tags: map[string]string{"a/b": "x"}}, "does not take"},
			"twice by case":   {tenant.TagSettings{Tags: map[string]string{"team": "x", "Team": "y"}}, "twice"},
			"both":            {tenant.TagSettings{Required: []tenant.TagRule{{Key: "a", Values: []string{"x"}, Pattern: "y"}}}, "list of values and a pattern"},
			"pattern":         {tenant.TagSettings{Required: []tenant.TagRule{{Key: "a", Pattern: "("}}}, "missing closing"},
			"value":           {tenant.TagSettings{Required: []tenant.TagRule{{Key: "a", Values: []string{strings.Repeat("x", 300)}}}}, "cannot be a tag's value"},
			"required twice":  {tenant.TagSettings{Required: []tenant.TagRule{{Key: "a"}, {Key: "A"}}}, "required twice"},
			"reserved prefix": {tenant.TagSettings{Required: []tenant.TagRule{{Key: "azure-x"}}}, "Azure's own"},
		} {
			_, err := s.SetTagSettings(as(t.Context(), "admin"), scope().InProject("demo"), tt.in)
			known, _ := errors.AsType[*kernel.Error](err)
			if known == nil || known.Kind != kernel.Invalid || len(known.Problems) != 1 || !strings.Contains(known.Problems[0].Message, tt.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestATagHasAValueThatIsLetThrough(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *tenant.Service, _ *journal) {
		if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
			t.Fatal(err)
		}
		admin, project := as(t.Context(), "admin"), scope().InProject("demo")
		put := func(where kernel.Scope, in tenant.TagSettings) error {
			now, err := s.TagSettings(admin, where)
			if err != nil {
				t.Fatal(err)
			}
			in.Revision = now.Revision
			_, err = s.SetTagSettings(admin, where, in)
			return err
		}
		before := map[string]string{"class": "old"}
		if err := put(project, tenant.TagSettings{Tags: before}); err != nil {
			t.Fatal(err)
		}
		classes := []tenant.TagRule{{Key: "class", Values: []string{"public", "secret"}}}
		if err := put(scope(), tenant.TagSettings{Required: classes}); err != nil {
			t.Fatal(err)
		}
		four := []tenant.TagRule{{Key: "team", Pattern: "[0-9]{4}"}}
		for name, tt := range map[string]struct {
			where kernel.Scope
			in    tenant.TagSettings
			want  string
		}{
			"the tenant's values":  {project, tenant.TagSettings{Tags: map[string]string{"Class": "internal"}}, `class is required by the tenant and has to be one of public, secret, and "internal" is not`},
			"the tenant's own tag": {scope(), tenant.TagSettings{Tags: map[string]string{"class": "x"}, Required: classes}, "class is required by the tenant"},
			"the project's rule":   {project, tenant.TagSettings{Tags: map[string]string{"team": "12345"}, Required: four}, `team is required by the project and has to be like [0-9]{4}, and "12345" is not`},
		} {
			err := put(tt.where, tt.in)
			if known, _ := errors.AsType[*kernel.Error](err); known == nil || known.Kind != kernel.Invalid || len(known.Problems) != 1 || known.Problems[0].Message != tt.want && !strings.HasPrefix(known.Problems[0].Message, tt.want) || known.Problems[0].Fix == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := put(project, tenant.TagSettings{Tags: map[string]string{"class": "old", "team": "1234"}, Required: four}); err != nil {
			t.Errorf("what was there before keeps others from being set: %v", err)
		}
		if err := put(project, tenant.TagSettings{Tags: map[string]string{"class": "secret", "team": "1234"}, Required: four}); err != nil {
			t.Error(err)
		}
	})
}

// What a project is made with, or given later, is held against what is required of it:
// the first run would end at it.
func TestAProjectHasACostCentreAndAnOwnerThatAreLetThrough(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *tenant.Service, _ *journal) {
		admin := as(t.Context(), "admin")
		if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
			t.Fatal(err)
		}
		digits := []tenant.TagRule{{Key: "CostCenter", Pattern: "[0-9]{4}"}}
		if _, err := s.SetTagSettings(admin, scope(), tenant.TagSettings{Required: digits}); err != nil {
			t.Fatal(err)
		}
		refused := func(err error, path, message string) {
			t.Helper()
			known, _ := errors.AsType[*kernel.Error](err)
			if known == nil || known.Kind != kernel.Invalid || len(known.Problems) != 1 || known.Problems[0].Path != path || known.Problems[0].Message != message || known.Problems[0].Fix == "" {
				t.Errorf("%v", err)
			}
		}
		_, err := s.Create(admin, scope(), tenant.Project{Name: "shop", CostCenter: "it", Owner: "ada"})
		refused(err, "costcenter", `CostCenter is required by the tenant and has to be like [0-9]{4}, and "it" is not`)
		if _, err := s.Create(admin, scope(), tenant.Project{Name: "shop", CostCenter: "1234", Owner: "ada"}); err != nil {
			t.Fatal(err)
		}
		shop := scope().InProject("shop")
		if _, err := s.SetTagSettings(admin, shop, tenant.TagSettings{Required: []tenant.TagRule{{Key: "owner", Values: []string{"bob"}}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SetTags(admin, shop, "4321", "ada"); err != nil {
			t.Errorf("what was there before keeps the other from being set: %v", err)
		}
		_, err = s.SetTags(admin, shop, "4321", "eve")
		refused(err, "owner", `owner is required by the project and has to be one of bob, and "eve" is not`)
		if _, err := s.SetTags(admin, scope().InProject("demo"), "unassigned", "bob"); err != nil {
			t.Error(err)
		}
	})
}

package source_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// reaching are people who may read what is reached.
type reaching struct {
	*vcstest.People

	reach kernel.Reach
}

func (r reaching) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return r.reach, nil
}

// A page is full, and tells where the next one begins by a name that its reader may see.
func TestListsArePagedWithinWhatIsSeen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for name, project := range map[string]string{"acquisition": "secret", "merger": "secret", "orders": "shop", "platform": "", "tills": "shop", "zeppelin": "secret"} {
			if err := b.store.Add(t.Context(), source.Source{ID: "src_" + name, Tenant: "acme", Name: name, Project: project, RepositoryProject: "shop", Repository: "platform"}); err != nil {
				t.Fatal(err)
			}
		}
		list := func(reach kernel.Reach) (all []string) {
			actions := b.actions
			actions.Authorizer = reaching{b.vcs.People, reach}
			page := kernel.PageRequest{Limit: 1}
			for {
				p, err := source.New(actions).List(b.as("viewer"), kernel.Scope{Tenant: "acme"}, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range p.Items {
					all = append(all, n.Name)
				}
				if p.Next != "" && p.Next != p.Items[0].Name {
					t.Fatalf("a page of one has %+v, and tells of %q", p.Items, p.Next)
				}
				if page.Cursor = p.Next; p.Next == "" {
					return all
				}
			}
		}
		for name, tt := range map[string]struct {
			reach kernel.Reach
			want  []string
		}{
			"a project":            {kernel.Reach{Projects: []string{"shop"}}, []string{"orders", "platform", "tills"}},
			"a stage of a project": {kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: "dev"}}}, []string{"orders", "platform", "tills"}},
			"nothing":              {kernel.Reach{}, nil},
			"all":                  {kernel.Reach{All: true}, []string{"acquisition", "merger", "orders", "platform", "tills", "zeppelin"}},
		} {
			if d := cmp.Diff(tt.want, list(tt.reach)); d != "" {
				t.Errorf("who reaches %s: %s", name, d)
			}
		}
	})
}

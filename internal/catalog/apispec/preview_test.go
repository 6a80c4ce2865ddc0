package apispec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAPreviewTellsWhatWouldBreak on each stage that its reader sees, at its place in the
// new document.
func TestAPreviewTellsWhatWouldBreak(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		for _, stage := range []string{"dev", "prod"} {
			b.publish(t, v1, apispec.Publishing{Stage: stage})
		}
		look := func(who, source string) string {
			t.Helper()
			p, err := b.Preview(as(who), v1, source)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, broken := range p.Breaks {
				line := broken.Stage
				if broken.Approved {
					line += " (approved)"
				}
				for _, problem := range broken.Problems {
					place, _, _ := strings.Cut(strings.TrimPrefix(problem.String(), problem.File), ": ")
					line += " " + place
				}
				lines = append(lines, line)
			}
			return strings.Join(lines, ", ")
		}
		more := "  /more:\n    get:\n      operationId: more\n      summary: More\n      responses:\n        '200': {description: ok}\n"
		for _, c := range []struct{ reason, who, source, want string }{
			{"the same", "ada", document(), ""},
			{"more than before", "ada", document() + more, ""},
			{"a parameter that is required", "ada", document(colour) + more, "dev 11:12, prod 11:12"},
			{"for who sees one stage", "eve", document(colour), "dev 11:12"},
			{"another method", "ada", strings.Replace(document(), "    get:", "    post:", 1), "dev 5:3, prod 5:3"},
			{"another path", "ada", strings.Replace(document(), "/orders:", "/others:", 1), "dev 4:1, prod 4:1"},
			{"another answer", "ada", strings.Replace(document(), "'200'", "'201'", 1), "dev 6:5, prod 6:5"},
		} {
			if got := look(c.who, c.source); got != c.want {
				t.Errorf("%s: %q, want %q", c.reason, got, c.want)
			}
		}
		b.may["mallory:"+apispec.ActionRead] = true
		if _, err := b.Preview(as("mallory"), v1, document()); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who may not read: %v", err)
		}
		b.upload(t, v1, document(colour))
		o, err := b.RequestOverride(as("ada"), v1, "prod", 2, "they moved")
		if err == nil {
			_, err = b.ApproveOverride(as("grace"), shop, o.ID, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := look("ada", document(colour)); got != "dev 11:12, prod (approved) 11:12" {
			t.Errorf("what was approved: %q", got)
		}
		if got := look("ada", document(colour)+"# another text\n"); got != "dev 11:12, prod 11:12" {
			t.Errorf("another text than what was approved: %q", got)
		}
		if _, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "dev", Sunset: b.clock().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		b.mu.Lock()
		b.now = b.now.Add(2 * time.Hour)
		b.mu.Unlock()
		if _, err := b.Retire(as("ada"), v1, "dev", ""); err != nil {
			t.Fatal(err)
		}
		if got := look("ada", document(colour)); got != "prod (approved) 11:12" {
			t.Errorf("where it is retired: %q", got)
		}
	})
}

// TestWhatARunHasBroughtStays: a run that ends otherwise takes back what it was to bring,
// and nothing of what others have brought, nor of what it has itself.
func TestWhatARunHasBroughtStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		if _, err := b.bring(t, apispec.Carried{Run: "run_1", Release: "r1", Stage: "dev"}, true); err != nil {
			t.Fatal(err)
		}
		released := func(when string, want int64) {
			t.Helper()
			if got, err := b.store.Released(t.Context(), v1, "r1"); err != nil || got != want {
				t.Errorf("%s the release has brought %d, want %d; %v", when, got, want, err)
			}
		}
		released("at first", 1)
		if err := b.Leave(as("ada"), shop, "run_1"); err != nil {
			t.Fatal(err)
		}
		released("after a run that has brought it is forgotten", 1)
		if facts, err := b.Arrive(as("ada"), shop, "run_1"); err != nil || len(facts) != 0 {
			t.Errorf("a run ends twice: %+v %v", facts, err)
		}
		b.upload(t, v1, document("      tags: [orders]\n"))
		two := apispec.Carried{Key: v1, Run: "run_2", Release: "r1", Stage: "dev", Revision: 2}
		for range 2 { // the gates are asked again with the plan
			if err := b.KeepCarried(as("ada"), shop, "run_2", []apispec.Carried{two}); err != nil {
				t.Fatal(err)
			}
		}
		released("before it has arrived", 1)
		three := apispec.Carried{Key: v1, Run: "run_3", Release: "r1", Stage: "prod", Revision: 1}
		if err := b.KeepCarried(as("ada"), shop, "run_3", []apispec.Carried{three}); err != nil {
			t.Fatal(err)
		}
		if facts, err := b.Arrive(as("ada"), shop, "run_2"); err != nil || len(facts) != 1 {
			t.Errorf("%+v %v", facts, err)
		}
		released("once it has", 2)
		if all, err := b.store.Carried(t.Context(), shop, "run_3"); err != nil || len(all) != 1 {
			t.Errorf("what another run is to bring: %+v %v", all, err)
		}
	})
}

// TestTwoPublishAtOnce: who has judged against what stands there no more is told so.
func TestTwoPublishAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		b.upload(t, v1, document("      tags: [orders]\n"))
		b.publish(t, v1, apispec.Publishing{Stage: "dev", Revision: 1})
		b.meanwhile = func() {
			b.meanwhile = nil
			b.publish(t, v1, apispec.Publishing{Stage: "dev", Revision: 2})
		}
		_, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "dev", Revision: 1})
		if !kernel.Is(err, kernel.Stale) || b.at(t, "dev").Revision != 2 {
			t.Errorf("%v; %+v", err, b.at(t, "dev"))
		}
	})
}

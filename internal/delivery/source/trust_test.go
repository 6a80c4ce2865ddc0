package source_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAStageOfARepositoryHasNoRightsOfTheDaemon until an admin says so: whoever may
// push would else start programs on its machine.
func TestAStageOfARepositoryHasNoRightsOfTheDaemon(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		acme := kernel.Scope{Tenant: "acme"}
		b.push(map[string]string{"stages/canary.yaml": stageFile("canary", "6", "verify:\n  - name: smoke\n    command: {argv: [/bin/true]}\n")})
		b.add(func(n *source.Source) { n.DaemonRights = true }) // it is not so made
		d := b.reconcile()
		if got := states(d); got != "stage canary failed" || len(d.Objects[0].Problems) != 1 {
			t.Fatalf("%s: %+v", got, d.Objects)
		}
		if told := d.Objects[0].Problems[0]; told.Line != 7 || !strings.Contains(told.Message, "/bin/true on the machine of the daemon") || !strings.Contains(told.Fix, "terrace source trust platform") {
			t.Errorf("told is %+v", told)
		}
		if _, err := b.stages.Get("canary"); err == nil {
			t.Error("the stage came about")
		}
		if _, err := b.Trust(b.as("dev"), acme, "platform", true, "I like it"); !kernel.Is(err, kernel.Denied) {
			t.Errorf("a developer trusts it: %v", err)
		}
		if _, err := b.Trust(b.as("admin"), acme, "platform", true, " "); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := b.Trust(b.as("admin"), acme, "platform", true, "only the platform team merges there"); err != nil {
			t.Fatal(err)
		}
		if got := states(b.reconcile()); got != "stage canary synced" || len(b.facts.Of("source.trusted")) != 1 {
			t.Errorf("trusted: %s", got)
		}
		if _, err := b.Trust(b.as("admin"), acme, "platform", false, "it moves"); err != nil {
			t.Fatal(err)
		}
		b.push(map[string]string{"stages/canary.yaml": stageFile("canary", "6", "verify:\n  - name: smoke\n    command: {argv: [/bin/false]}\n")})
		d = b.reconcile()
		if st, _ := b.stages.Get("canary"); states(d) != "stage canary failed" || st.Verify[0].Command.Argv[0] != "/bin/true" {
			t.Errorf("trusted no longer: %s, %+v", states(d), []stage.Stage{st})
		}
	})
}

package rungate_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/rungate"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

func TestImagesThatStayTagsAreTold(t *testing.T) {
	t.Parallel()
	const digest = "@sha256:0000000000000000000000000000000000000000000000000000000000000000"
	cases := map[string]struct {
		runtime, image string
		pinned         map[string]string
		want           run.Outcome
	}{
		"a process has none":           {runtime: stage.RuntimeProcess, image: ".", want: run.Passed},
		"a tag that nobody resolved":   {runtime: stage.RuntimeKubernetes, image: "a:1", want: run.Missed},
		"a tag that the release fixed": {runtime: stage.RuntimeKubernetes, image: "a:1", pinned: map[string]string{"main": "a:1" + digest}, want: run.Passed},
		"a digest as it was written":   {runtime: stage.RuntimeKubernetes, image: "a" + digest, want: run.Passed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rungate.Images{}.Evaluate(t.Context(), run.GateInput{
				Stage: stage.Stage{Name: "dev", Runtime: c.runtime}, Release: release.Release{Images: c.pinned},
				Workload: &workload.Workload{Name: "orders", Containers: map[string]workload.Container{"main": {Name: "main", Image: c.image}}},
			})
			if err != nil || got.Outcome != c.want || got.Blocks() {
				t.Errorf("%+v, error %v", got, err)
			}
		})
	}
}

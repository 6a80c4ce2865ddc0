package rungate

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Images warns of images that a stage runs by their tags: what a tag names can
// change after the release was made.
type Images struct{}

// Name is images.
func (Images) Name() string { return "images" }

// Evaluate looks at the images of a stage that runs images.
func (Images) Evaluate(_ context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.Advisory, Outcome: run.Passed, Message: "every image is fixed by its digest"}
	if in.Stage.Runtime != stage.RuntimeKubernetes {
		result.Message = "the stage runs no images"
		return result, nil
	}
	for _, name := range in.Workload.ContainerNames() {
		image := in.Workload.Containers[name].Image
		if in.Release.Images[name] == "" && !strings.Contains(image, "@sha256:") {
			result.Problems = append(result.Problems, kernel.Problem{
				Path: "containers." + name + ".image", Message: fmt.Sprintf("%s is a tag, and what it names may change", image),
			})
		}
	}
	if len(result.Problems) > 0 {
		result.Outcome = run.Missed
		result.Message = "the registry did not tell the digests of all images when the release was made"
		result.Fix = "deploy again when it answers, or name the images by digest"
	}
	return result, nil
}

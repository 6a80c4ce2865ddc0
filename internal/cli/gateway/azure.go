package gateway

import (
	"encoding/json"
	"errors"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The targets of stages that documents can be for.
const (
	targetLocal = "local"
	targetAzure = "azure"
)

// onAzure holds documents against what Azure does: what it refuses is an error, what it
// does otherwise is noted.
func onAzure(docs []gatewaydoc.Document) (notes []kernel.Problem, err error) {
	table, refused := capability.NewTable(), []kernel.Problem(nil)
	for _, d := range docs {
		spec := d.Spec
		if d.IsRoute() {
			if spec, err = json.Marshal(d.Route); err != nil {
				return nil, kernel.Errorf(kernel.Internal, "route %s cannot be written: %w", d.Name, err)
			}
		}
		for _, f := range table.Look(d.Kind, d.Name, spec) {
			placed := d.Placed(kernel.Errorf(kernel.Invalid, "%s", f.Message).WithProblems(kernel.Problem{Path: f.Path, Message: "on Azure: " + f.Message, Fix: f.Fix}))
			told, ok := errors.AsType[*kernel.Error](placed)
			switch {
			case !ok:
				return nil, placed
			case f.How == capability.Refused:
				refused = append(refused, told.Problems...)
			default:
				notes = append(notes, told.Problems...)
			}
		}
	}
	if len(refused) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "Azure cannot obey the documents").WithProblems(refused...)
	}
	return notes, nil
}

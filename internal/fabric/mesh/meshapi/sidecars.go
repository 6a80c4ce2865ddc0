package meshapi

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type sidecarsInput struct {
	OfStage
	httpserver.PageParams
}

// MeshSidecar is one that stands beside a workload, as a daemon knows it.
type MeshSidecar struct {
	Workload string             `json:"workload"`
	Address  string             `json:"address" doc:"Where others come in, an address of IP with a port."`
	Kind     beside.SidecarKind `json:"kind"`
	Port     uint16             `json:"port,omitempty" doc:"The port of the workload that it serves; left out where it is the only one."`
	GRPC     bool               `json:"grpc" doc:"The workload speaks gRPC."`
	Release  string             `json:"release,omitempty" doc:"The release that it stands beside, where it says so."`
	Since    time.Time          `json:"since" doc:"When it came to the daemon, or has last said something else of itself."`
	Daemon   string             `json:"daemon" doc:"The daemon that it is connected to, or was a moment ago."`
}

type sidecarsOutput struct{ Body kernel.Page[MeshSidecar] }

func (a API) sidecars(ctx context.Context, in *sidecarsInput) (*sidecarsOutput, error) {
	page, err := a.Sidecars.List(ctx, in.Scope(ctx), in.Page())
	out := kernel.Page[MeshSidecar]{Items: make([]MeshSidecar, 0, len(page.Items)), Next: page.Next}
	for _, k := range page.Items {
		out.Items = append(out.Items, MeshSidecar{
			Workload: k.Workload, Address: k.Addr, Kind: k.Kind(), Port: k.Serves, GRPC: k.GRPC, Release: k.Release, Since: k.Since, Daemon: k.Daemon,
		})
	}
	return &sidecarsOutput{Body: out}, err
}

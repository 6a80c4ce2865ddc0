package meshapi

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type graphInput struct {
	OfStage
	Since string `query:"since" maxLength:"20" doc:"How far back, such as 15m or 24h; 1h unless given, 31 days at most. Beyond 6h it begins with a whole hour, else with a whole minute."`
}

// MeshEdge is what one called another for.
type MeshEdge graph.Edge

// MeshGraph is who called whom in a time.
type MeshGraph struct {
	Edges []MeshEdge `json:"edges"`
	From  time.Time  `json:"from"`
	To    time.Time  `json:"to"`
	More  bool       `json:"more,omitempty" doc:"There are more edges than are told here; ask for less time."`
}

type graphOutput struct{ Body MeshGraph }

func (a API) graph(ctx context.Context, in *graphInput) (*graphOutput, error) {
	since := time.Hour
	if in.Since != "" {
		var err error
		if since, err = time.ParseDuration(in.Since); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "since: %q is no length of time", in.Since).WithFix("write it as 15m or 24h")
		}
	}
	g, err := a.Graph.Look(ctx, in.Scope(ctx), since)
	out := MeshGraph{Edges: make([]MeshEdge, 0, len(g.Edges)), From: g.From, To: g.To, More: g.More}
	for _, e := range g.Edges {
		out.Edges = append(out.Edges, MeshEdge(e))
	}
	return &graphOutput{Body: out}, err
}

package app

import (
	"context"
	"log/slog"
	"reflect"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes"
)

// clusterMeshAgain is when a cluster's repository that could not be written is tried again.
const clusterMeshAgain = time.Minute

// clusterMesh tells clusters of documents of the mesh as they change. What a deployment changes
// of it, the deployment itself commits.
type clusterMesh struct {
	mesh     *mesh.Service
	clusters *kubernetes.Service
	log      *slog.Logger
}

// Run tells until ctx ends.
func (c clusterMesh) Run(ctx context.Context) error {
	told := map[kernel.Scope][]meshdoc.Document{}
	for {
		turned := c.mesh.Turned()
		all, err := c.mesh.Everywhere(ctx)
		if err != nil {
			return err
		}
		var again <-chan time.Time
		if !c.tell(ctx, told, all) {
			again = time.After(clusterMeshAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-turned:
		case <-again:
		}
	}
}

// tell commits the documents of stages where others are told, and returns whether it could.
func (c clusterMesh) tell(ctx context.Context, told, all map[kernel.Scope][]meshdoc.Document) bool {
	for scope := range told {
		if _, still := all[scope]; !still {
			all[scope] = nil
		}
	}
	done := true
	for scope, docs := range all {
		if known, ok := told[scope]; ok && reflect.DeepEqual(known, docs) {
			continue
		}
		if err := c.clusters.PutMesh(ctx, scope); err != nil {
			done = false
			c.log.WarnContext(ctx, "documents of the mesh are not in the repository of the stage yet", "project", scope.Project, "stage", scope.Stage, "error", err)
			continue
		}
		told[scope] = docs
	}
	return done
}

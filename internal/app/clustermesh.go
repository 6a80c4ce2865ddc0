package app

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes"
)

const (
	// clusterMeshAgain is when a cluster's repository that could not be written is tried again.
	clusterMeshAgain = time.Minute
	// clusterMeshTerm bounds how long one that does not answer is waited for.
	clusterMeshTerm = time.Minute
)

// clusterMesh tells clusters of documents of the mesh as they change. What a deployment changes
// of it, the deployment itself commits.
type clusterMesh struct {
	mesh        *mesh.Service
	clusters    *kubernetes.Service
	deployments *runsql.Store
	log         *slog.Logger
}

func newClusterMesh(a *App) clusterMesh {
	return clusterMesh{a.fabric.mesh, a.delivery.clusters, runsql.NewStore(a.platform.db), a.platform.log}
}

// telling is what a stage was told last.
type telling struct {
	docs []meshdoc.Document
	// done is false where its repository may have others.
	done bool
}

// Run tells until ctx ends.
func (c clusterMesh) Run(ctx context.Context) error {
	told, err := c.deployed(ctx)
	if err != nil {
		return err
	}
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

// deployed are the stages where something is, to be told whatever their repositories have: their
// last document may have gone when nobody could tell.
func (c clusterMesh) deployed(ctx context.Context) (map[kernel.Scope]telling, error) {
	all, err := c.deployments.Everywhere(ctx)
	stages := map[kernel.Scope]telling{}
	for _, d := range all {
		stages[d.Scope] = telling{}
	}
	return stages, err
}

// tell commits the documents of stages where others are told, and returns whether it could. The
// stages, each with a repository of its own, do not wait for each other.
func (c clusterMesh) tell(ctx context.Context, told map[kernel.Scope]telling, all map[kernel.Scope][]meshdoc.Document) bool {
	for scope := range told {
		if _, still := all[scope]; !still {
			all[scope] = nil
		}
	}
	stages, open := map[string][]kernel.Scope{}, 0
	for scope, docs := range all {
		if known := told[scope]; known.done && reflect.DeepEqual(known.docs, docs) {
			continue
		}
		stages[scope.Stage] = append(stages[scope.Stage], scope)
		told[scope] = telling{docs: docs}
		open++
	}
	var work sync.WaitGroup
	done := make(chan kernel.Scope, len(all))
	for _, scopes := range stages {
		work.Go(func() { c.tellStage(ctx, scopes, done) })
	}
	work.Wait()
	close(done)
	for scope := range done {
		told[scope] = telling{docs: all[scope], done: true}
		open--
	}
	return open == 0
}

// tellStage commits the documents of projects on one stage, and tells which are done. Where the
// repository does not answer, the others are left for the next time.
func (c clusterMesh) tellStage(ctx context.Context, projects []kernel.Scope, done chan<- kernel.Scope) {
	for _, scope := range projects {
		term, end := context.WithTimeout(ctx, clusterMeshTerm)
		err := c.clusters.PutMesh(term, scope)
		late := term.Err() != nil
		end()
		if err == nil {
			done <- scope
			continue
		}
		c.log.WarnContext(ctx, "documents of the mesh are not in the repository of the stage yet", "project", scope.Project, "stage", scope.Stage, "error", err)
		if late {
			return
		}
	}
}

package app

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes"
)

// TestAppliedDocumentsReachTheClusterWithoutADeployment has a workload on a cluster with Linkerd
// when documents are applied.
func TestAppliedDocumentsReachTheClusterWithoutADeployment(t *testing.T) {
	t.Parallel()
	a, ctx, scope := ordersOnLinkerd(t)
	defer tellClusters(t, a)()
	apply := func(rule string) error {
		_, err := a.fabric.mesh.Apply(ctx, scope, []meshdoc.File{{Name: "mesh.yaml", Source: "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\n" +
			"spec:\n  parentRefs: [{kind: Service, name: orders}]\n  rules: [" + rule + "]\n"}}, mesh.Options{})
		return err
	}
	told, ok := errors.AsType[*kernel.Error](apply("{retry: {attempts: 1, backoff: 1s}}"))
	if !ok || len(told.Problems) != 1 || told.Problems[0].Line != 6 || told.Problems[0].Path != "spec.rules[0].retry.backoff" {
		t.Errorf("what Linkerd cannot say: %v", told)
	}
	if err := apply("{retry: {attempts: 1}}"); err != nil {
		t.Fatal(err)
	}
	awaitMeshFile(ctx, t, a, scope, true)
}

// TestTheLastDocumentIsGoneThoughNobodyCouldTell has it removed while no daemon runs.
func TestTheLastDocumentIsGoneThoughNobodyCouldTell(t *testing.T) {
	t.Parallel()
	a, ctx, scope := ordersOnLinkerd(t)
	deployed := run.Deployment{Stack: kernel.StackID(scope, "orders"), Scope: scope, Workload: "orders", Status: run.DeploymentApplied}
	if err := runsql.NewStore(a.platform.db).PutDeployment(ctx, deployed); err != nil {
		t.Fatal(err)
	}
	docs, err := meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: ordersAllow})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.fabric.mesh.Store.Put(ctx, mesh.Policy{Scope: scope, Kind: docs[0].Kind, Name: "orders", Spec: docs[0].Spec, UpdatedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	end := tellClusters(t, a)
	awaitMeshFile(ctx, t, a, scope, true)
	end()
	if err := a.fabric.mesh.Store.Delete(ctx, scope, docs[0].Kind, "orders"); err != nil {
		t.Fatal(err)
	}
	defer tellClusters(t, a)()
	awaitMeshFile(ctx, t, a, scope, false)
}

// TestARepositoryThatDoesNotAnswerKeepsNoOtherStageWaiting has one that accepts and says nothing,
// with documents of many projects.
func TestARepositoryThatDoesNotAnswerKeepsNoOtherStageWaiting(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	a, ctx, scope := ordersOnLinkerd(t, stage.Stage{Name: "test", Order: 2, Target: stage.TargetLocal, Runtime: stage.RuntimeKubernetes, GitOps: stage.GitOps{
		Mesh: stage.MeshLinkerd, Repository: "http://" + l.Addr().String() + "/silent.git",
	}})
	docs, err := meshdoc.Read(meshdoc.File{Name: "mesh.yaml", Source: ordersAllow})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		far := kernel.Scope{Tenant: "default", Project: "far" + strconv.Itoa(i), Stage: "test"}
		if i == 10 {
			far = scope
		}
		if err := a.fabric.mesh.Store.Put(ctx, mesh.Policy{Scope: far, Kind: docs[0].Kind, Name: "orders", Spec: docs[0].Spec, UpdatedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	defer tellClusters(t, a)()
	awaitMeshFile(ctx, t, a, scope, true)
}

// ordersAllow says who may call orders.
const ordersAllow = "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: orders}\n" +
	"spec: {targetRef: {kind: Service, name: orders}, rules: [{from: [{workload: web}]}]}\n"

// ordersOnLinkerd returns an App whose stage is a cluster with Linkerd, where orders is.
func ordersOnLinkerd(t *testing.T, more ...stage.Stage) (*App, context.Context, kernel.Scope) {
	t.Helper()
	a := benchApp(t, func(c *config.Config) {
		c.Stages = append([]stage.Stage{{Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeKubernetes, GitOps: stage.GitOps{Mesh: stage.MeshLinkerd}}}, more...)
	})
	ctx, cancel := context.WithTimeout(kernel.WithActor(t.Context(), kernel.System("test", "default")), 30*time.Second)
	t.Cleanup(cancel)
	scope := kernel.Scope{Tenant: "default", Project: "shop", Stage: "dev"}
	spec := json.RawMessage(`{"manifests":"as rendered","release":"rel_1","containers":{"main":{"image":"registry.example.com/a:1"}},"ports":{"web":{"port":80}},"scaling":{},"security":{}}`)
	if _, err := a.delivery.clusters.Apply(ctx, scope, "orders", spec); err != nil {
		t.Fatal(err)
	}
	return a, ctx, scope
}

// tellClusters tells clusters of documents until end is called.
func tellClusters(t *testing.T, a *App) (end func()) {
	t.Helper()
	loop, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- newClusterMesh(a).Run(loop) }()
	return func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// awaitMeshFile waits until the repository has what documents say, or has it no more.
func awaitMeshFile(ctx context.Context, t *testing.T, a *App, scope kernel.Scope, there bool) {
	t.Helper()
	for beat := time.NewTicker(10 * time.Millisecond); ; {
		leaving, err := a.delivery.clusters.Preview(ctx, scope, "orders", nil)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(leaving, func(c kubernetes.FileChange) bool { return c.Path == "workloads/dev/shop/mesh.yaml" }) == there {
			return
		}
		select {
		case <-beat.C:
		case <-ctx.Done():
			t.Fatalf("that the documents are in the repository stays %v", !there)
		}
	}
}

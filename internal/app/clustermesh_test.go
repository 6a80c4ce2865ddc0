package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
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
	a := benchApp(t, func(c *config.Config) {
		c.Stages = []stage.Stage{{Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeKubernetes, GitOps: stage.GitOps{Mesh: stage.MeshLinkerd}}}
	})
	ctx, cancel := context.WithTimeout(kernel.WithActor(t.Context(), kernel.System("test", "default")), 30*time.Second)
	defer cancel()
	scope := kernel.Scope{Tenant: "default", Project: "shop", Stage: "dev"}
	spec := json.RawMessage(`{"manifests":"as rendered","release":"rel_1","containers":{"main":{"image":"registry.example.com/a:1"}},"ports":{"web":{"port":80}},"scaling":{},"security":{}}`)
	if _, err := a.delivery.clusters.Apply(ctx, scope, "orders", spec); err != nil {
		t.Fatal(err)
	}
	loop, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- clusterMesh{a.fabric.mesh, a.delivery.clusters, a.platform.log}.Run(loop) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
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
	for beat := time.NewTicker(10 * time.Millisecond); ; {
		leaving, err := a.delivery.clusters.Preview(ctx, scope, "orders", nil)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(leaving, func(c kubernetes.FileChange) bool { return c.Path == "workloads/dev/shop/mesh.yaml" }) {
			break
		}
		select {
		case <-beat.C:
		case <-ctx.Done():
			t.Fatal("the documents are not in the repository")
		}
	}
}

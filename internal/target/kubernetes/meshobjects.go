package kubernetes

import (
	"bytes"
	"cmp"
	"maps"
	"path"

	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/istio"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/linkerd"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

// meshObjects are the objects as a file, nil where there are none.
func (h home) meshObjects(docs []meshdoc.Document, workloads []cluster.Workload) ([]byte, error) {
	objects, waiting, err := h.said(docs, workloads)
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for _, what := range waiting {
		all.WriteString("# waits: " + what + "\n")
	}
	for _, o := range objects {
		text, err := yaml.Marshal(o)
		if err != nil {
			return nil, err
		}
		all.WriteString("---\n")
		all.Write(text)
	}
	return all.Bytes(), nil
}

// said are the objects of the stage's mesh, and what waits for a workload.
func (h home) said(docs []meshdoc.Document, workloads []cluster.Workload) (objects []cluster.Object, waiting []string, err error) {
	scope := kernel.Scope{Project: h.place.Project, Stage: h.place.Stage}
	domain := cmp.Or(h.stage.Mesh.TrustDomain, cluster.DefaultTrustDomain)
	if h.stage.Mesh.Kind == Linkerd {
		return linkerd.Deployed(scope, domain, docs, workloads)
	}
	objects, err = istio.Render(scope, domain, docs)
	return objects, nil, err
}

// injected is the namespace with what the mesh asks of it: that its pods get proxies, and in a
// strict mesh of Linkerd that ports are shut unless something opens them. What somebody broke
// stays so: the next apply of a workload writes it again.
func (h home) injected(docs []meshdoc.Document, namespace []byte) ([]byte, error) {
	var object map[string]any
	if yaml.Unmarshal(namespace, &object) != nil || object == nil {
		return namespace, nil
	}
	if h.stage.Mesh.Kind == Istio {
		member(member(object, "metadata"), "labels")["istio-injection"] = "enabled"
		return yaml.Marshal(object)
	}
	annotations := member(member(object, "metadata"), "annotations")
	annotations["linkerd.io/inject"] = "enabled"
	delete(annotations, linkerd.DefaultPolicy)
	for _, d := range docs {
		if d.Mesh != nil && d.Mesh.MTLS == meshdoc.Strict {
			annotations[linkerd.DefaultPolicy] = linkerd.Deny
		}
	}
	return yaml.Marshal(object)
}

// undocumented brings the namespace that is wanted to what the stage's mesh asks of it, and
// returns the files that there are without what documents make of the namespace.
func (h home) undocumented(want, have map[string][]byte) (map[string][]byte, error) {
	if h.stage.Mesh.Kind == "" {
		return have, nil
	}
	file := path.Join(h.projectFolder(), manifest.NamespaceFile)
	var err error
	if want[file], err = h.injected(nil, want[file]); err != nil {
		return nil, err
	}
	var object map[string]any
	if h.stage.Mesh.Kind != Linkerd || yaml.Unmarshal(have[file], &object) != nil || object == nil {
		return have, nil
	}
	delete(member(member(object, "metadata"), "annotations"), linkerd.DefaultPolicy)
	have = maps.Clone(have)
	have[file], err = yaml.Marshal(object)
	return have, err
}

// member is an object within another, which is made where there is none.
func member(object map[string]any, key string) map[string]any {
	found, ok := object[key].(map[string]any)
	if !ok {
		found = map[string]any{}
		object[key] = found
	}
	return found
}

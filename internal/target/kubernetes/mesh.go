package kubernetes

import (
	"context"
	"maps"
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/gitrepo"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

// The meshes that a cluster may have.
const (
	Istio   = "istio"
	Linkerd = "linkerd"
)

// meshFile is the file of a project's mesh, beside its namespace.
const meshFile = "mesh.yaml"

// Mesh is that of a stage's cluster.
type Mesh struct {
	// Kind is Istio, Linkerd or empty for none.
	Kind string
	// TrustDomain is that of its identities; empty is cluster.local.
	TrustDomain string
}

// Policies knows the documents of the mesh.
type Policies interface {
	// Of returns those of a stage.
	Of(ctx context.Context, scope kernel.Scope) ([]meshdoc.Document, error)
}

// meshed adds to the files that are wanted of a project what its mesh needs, seen those that are
// there; nil removes.
type meshed func(want, have map[string][]byte) error

// meshed returns what the stage's mesh makes of the documents in force when it is called: within
// a change of the repository, so that what others commit meanwhile has it called again.
func (s *Service) meshed(ctx context.Context, h home) meshed {
	return func(want, have map[string][]byte) error {
		docs, err := s.documents(ctx, h)
		if err != nil {
			return err
		}
		return h.mesh(docs, want, h.after(want, have))
	}
}

// documents are those of the project's stage, none where its cluster has no mesh.
func (s *Service) documents(ctx context.Context, h home) ([]meshdoc.Document, error) {
	if h.stage.Mesh.Kind == "" || s.config.Policies == nil {
		return nil, nil
	}
	return s.config.Policies.Of(ctx, kernel.Scope{Tenant: h.place.Tenant, Project: h.place.Project, Stage: h.place.Stage})
}

// after are the files of the project as they will be.
func (h home) after(want, have map[string][]byte) map[string][]byte {
	after := maps.Clone(have)
	if h.place.Workload != "" {
		maps.DeleteFunc(after, func(name string, _ []byte) bool { return strings.HasPrefix(name, h.folder()+"/") })
	}
	for name, content := range want {
		if after[name] = content; content == nil {
			delete(after, name)
		}
	}
	return after
}

// mesh adds the objects of the mesh, and what it asks of the namespace.
func (h home) mesh(docs []meshdoc.Document, want, after map[string][]byte) error {
	file, namespace := path.Join(h.projectFolder(), meshFile), path.Join(h.projectFolder(), manifest.NamespaceFile)
	_, was := after[file]
	if after[namespace] == nil || h.stage.Mesh.Kind == "" {
		if was {
			want[file] = nil
		}
		return nil
	}
	content, err := h.meshObjects(docs, h.workloads(after))
	if err != nil {
		return err
	}
	if was || content != nil {
		want[file] = content
	}
	want[namespace], err = h.injected(docs, after[namespace])
	return err
}

// PutMesh commits what the documents of the mesh are now for the project's workloads on a stage;
// it does nothing where the stage's cluster has no mesh, or nothing is deployed.
func (s *Service) PutMesh(ctx context.Context, scope kernel.Scope) error {
	if st, ok := s.config.Stage(scope.Stage); !ok || st.Mesh.Kind == "" {
		return nil
	}
	h, err := s.home(scope, "")
	if err != nil {
		return err
	}
	mesh := s.meshed(ctx, h)
	message := "the mesh of " + scope.Project + " on " + scope.Stage + "\n\nProject: " + scope.Project + "\nStage: " + scope.Stage + "\n"
	_, err = h.repo.Change(ctx, s.author(h), s.config.Clock.Now(), func(t gitrepo.Tree) (gitrepo.Edit, error) {
		want := map[string][]byte{}
		return h.change(t, want, message, func(have map[string][]byte) ([]string, error) {
			if err := mesh(want, have); err != nil {
				return nil, err
			}
			return changed(want, have), nil
		})
	})
	return err
}

// JudgeMesh looks at what is deployed of a project on a stage, and returns what refuses documents,
// all of the stage, that its cluster's mesh cannot be told.
func (s *Service) JudgeMesh(ctx context.Context, scope kernel.Scope) (func([]meshdoc.Document) error, error) {
	if st, ok := s.config.Stage(scope.Stage); !ok || st.Mesh.Kind == "" {
		return func([]meshdoc.Document) error { return nil }, nil
	}
	h, err := s.home(scope, "")
	if err != nil {
		return nil, err
	}
	have, err := h.read(ctx)
	if err != nil {
		return nil, err
	}
	workloads := h.workloads(have)
	return func(docs []meshdoc.Document) error {
		_, _, err := h.said(docs, workloads)
		return err
	}, nil
}

package source

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// documentKinds are the kinds of objects that are folders of documents, each called as its
// folder is.
func documentKinds() []Kind { return []Kind{GatewayKind, MeshKind} }

// ofDocuments tells a folder of documents from what is one file.
func (k Kind) ofDocuments() bool { return k == GatewayKind || k == MeshKind }

// DocumentFile is a file of documents, parted by lines of ---, of the project and stage where
// they are set.
type DocumentFile struct{ Name, Source, Project, Stage string }

// DocumentOutcome is what became, or would become, of a document.
type DocumentOutcome string

// The outcomes.
const (
	DocumentCreated   DocumentOutcome = "created"
	DocumentChanged   DocumentOutcome = "changed"
	DocumentUnchanged DocumentOutcome = "unchanged"
	DocumentDeleted   DocumentOutcome = "deleted"
)

// Document is what becomes of one document of a folder.
type Document struct {
	Kind    string          `json:"kind"`
	Name    string          `json:"name"`
	Project string          `json:"project,omitempty"`
	Stage   string          `json:"stage,omitempty"`
	Outcome DocumentOutcome `json:"outcome"`
	// Note is what there is to know about it besides.
	Note string `json:"note,omitempty"`
	// Warnings are what is probably not meant, each with its place.
	Warnings []kernel.Problem `json:"warnings,omitempty"`
}

// Remarks are what a person is told of a document besides: its note, then its warnings.
func (d Document) Remarks() string {
	out := d.Note
	for _, w := range d.Warnings {
		out = strings.TrimSpace(out + " " + w.String())
	}
	return out
}

// keepDocuments has the room that folders of a kind are for keep the files of one.
func (s *Service) keepDocuments(ctx context.Context, kind Kind, k ownership.Keeping, files []DocumentFile) ([]Document, error) {
	if kind == MeshKind {
		changes, err := s.Mesh.Keep(ctx, k, each(files, toMesh))
		return each(changes, fromMesh), err
	}
	changes, err := s.Gateway.Keep(ctx, k, each(files, toGateway))
	return each(changes, fromGateway), err
}

// release has both rooms let go of what a source keeps.
func (s *Service) release(ctx context.Context, n Source) error {
	owner := ownership.Git(n.Name)
	if err := s.Gateway.Release(ctx, n.Tenant, owner); err != nil {
		return err
	}
	return s.Mesh.Release(ctx, n.Tenant, owner)
}

// checkForm checks the form of a folder's files, and nothing that there is.
func checkForm(kind Kind, files []DocumentFile) error {
	if kind == MeshKind {
		_, err := meshdoc.Read(each(files, toMesh)...)
		return err
	}
	_, err := gatewaydoc.Read(each(files, toGateway)...)
	return err
}

func each[A, B any](all []A, of func(A) B) []B {
	out := make([]B, 0, len(all))
	for _, a := range all {
		out = append(out, of(a))
	}
	return out
}

func toGateway(f DocumentFile) gatewaydoc.File { return gatewaydoc.File(f) }

func toMesh(f DocumentFile) meshdoc.File { return meshdoc.File(f) }

func fromGateway(c gateway.Change) Document {
	return Document{Kind: c.Kind, Name: c.Name, Project: c.Project, Stage: c.Stage, Outcome: DocumentOutcome(c.Outcome), Note: c.Note, Warnings: c.Warnings}
}

func fromMesh(c mesh.Change) Document {
	return Document{Kind: c.Kind, Name: c.Name, Project: c.Project, Stage: c.Stage, Outcome: DocumentOutcome(c.Outcome), Note: c.Note, Warnings: c.Warnings}
}
